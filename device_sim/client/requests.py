"""Requests of a server and the device's replies as values; their CoAP form is in `site`."""

from dataclasses import dataclass
from enum import Enum, auto

from objects.path import Path

from .block1 import Block

# RFC 7252 §12.1.2
CREATED = 0x41
DELETED = 0x42
CHANGED = 0x44
CONTENT = 0x45
CONTINUE = 0x5F  # RFC 7959 §2.9.1
BAD_REQUEST = 0x80
UNAUTHORIZED = 0x81
BAD_OPTION = 0x82
NOT_FOUND = 0x84
METHOD_NOT_ALLOWED = 0x85
NOT_ACCEPTABLE = 0x86
UNSUPPORTED_CONTENT_FORMAT = 0x8F
INTERNAL_SERVER_ERROR = 0xA0
PROXYING_NOT_SUPPORTED = 0xA5


class Method(Enum):
    """The methods of LwM2M operations (OMA LwM2M Transport 1.1 §6.4.3)."""

    GET = auto()  # Read, Observe, Discover
    PUT = auto()  # Write that replaces, Write-Attributes
    POST = auto()  # Execute, Write that updates, Create
    DELETE = auto()
    FETCH = auto()  # Read-Composite, Observe-Composite
    IPATCH = auto()  # Write-Composite
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `observe` is 0 to start, 1 to end, None where the option is absent."""

    method: Method
    path: Path
    payload: bytes = b""
    content_format: int | None = None
    accept: int | None = None
    observe: int | None = None
    block1: Block | None = None
    size1: int | None = None
    query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One response; `block1` acknowledges a block, `size1` is the most that is taken.

    `location` is the path of what was created.
    """

    code: int
    payload: bytes = b""
    content_format: int | None = None
    block1: Block | None = None
    size1: int | None = None
    location: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the code is of class 2."""
        return self.code >> 5 == 2
