"""CoAP messages as values, and their bytes (§3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .block import Block
from .numbers import Type


@dataclass(slots=True)
class Options:
    """The options of one message, typed (§5.10); absent ones have their defaults.

    `other` holds elective options that have no field here, in order, as they came.
    """

    uri_path: Sequence[str] = ()
    uri_query: Sequence[str] = ()
    content_format: int | None = None
    accept: int | None = None
    observe: int | None = None
    block1: Block | None = None
    block2: Block | None = None
    size1: int | None = None
    size2: int | None = None
    etags: Sequence[bytes] = ()
    location_path: Sequence[str] = ()
    location_query: Sequence[str] = ()
    max_age: int | None = None
    uri_host: str | None = None
    uri_port: int | None = None
    if_match: Sequence[bytes] = ()
    if_none_match: bool = False
    echo: bytes | None = None
    request_tags: Sequence[bytes] = ()
    no_response: int | None = None
    other: Sequence[tuple[int, bytes]] = ()


@dataclass(slots=True)
class Message:
    """One message: what is said, and the header that `Endpoint` fills in for what it sends.

    A plain value: whoever has been given one does not change it.
    """

    code: int
    options: Options = field(default_factory=Options)
    payload: bytes | memoryview = b""
    type: int = Type.CON
    id: int = 0
    token: bytes = b""


def decode(datagram: bytes) -> Message:
    """Read a datagram (§3). Raises `Malformed`, and nothing else, on arbitrary bytes.

    Strict: version, token length, a payload marker without payload, option lengths
    outside their table (§5.10; elective ones of a wrong length are ignored, §5.4.3),
    repeated options that may not be, critical ones that are unknown, text that is no UTF-8.
    """
    raise NotImplementedError


def encode(message: Message) -> bytes:
    """Write a message (§3.1). Raises `ValueError` for what no message can hold."""
    raise NotImplementedError
