"""Requests from the server to a registered endpoint, and its answers, as values.

OMA LwM2M Core 1.2 §6.3 (Device Management and Service Enablement) and §6.4
(Information Reporting). A shell turns them into CoAP.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from objects.attributes import NotificationAttributes
from objects.path import Path

_ROOT: Final = Path()

Target = Path | tuple[Path, ...]
"""What an observation is of, and known by: a path, or several as one, in their order."""


@dataclass(frozen=True, slots=True)
class Read:
    """§6.3.1; `accept` is a content format number, None for the endpoint's choice."""

    path: Path
    accept: int | None = None


@dataclass(frozen=True, slots=True)
class Discover:
    """§6.3.2."""

    path: Path


@dataclass(frozen=True, slots=True)
class Write:
    """§6.3.3; `replace` False is a partial update of an instance."""

    path: Path
    payload: bytes
    content_format: int
    replace: bool = True


@dataclass(frozen=True, slots=True)
class Execute:
    """§6.3.5; `arguments` as the standard writes them, `0='x',1`."""

    path: Path
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Create:
    """§6.3.6."""

    path: Path
    payload: bytes
    content_format: int


@dataclass(frozen=True, slots=True)
class Delete:
    """§6.3.7."""

    path: Path


@dataclass(frozen=True, slots=True)
class Observe:
    """§6.4.1; the answer is the first value, later ones come as notifications."""

    path: Path
    accept: int | None = None

    @property
    def target(self) -> Target:
        """What it is about."""
        return self.path


@dataclass(frozen=True, slots=True)
class CancelObservation:
    """§6.4.3; `active` tells the endpoint at once, else it learns by a reset (RFC 7641 §3.6)."""

    path: Path
    active: bool = True

    @property
    def target(self) -> Target:
        """What it is about."""
        return self.path


@dataclass(frozen=True, slots=True)
class WriteAttributes:
    """§6.3.4."""

    path: Path
    attributes: NotificationAttributes


@dataclass(frozen=True, slots=True)
class ReadComposite:
    """§6.3.8: a FETCH whose payload is the paths, in `content_format`; `accept` as in `Read`."""

    path: ClassVar[Path] = _ROOT
    paths: tuple[Path, ...]
    payload: bytes
    content_format: int
    accept: int | None = None


@dataclass(frozen=True, slots=True)
class WriteComposite:
    """§6.3.9: an iPATCH whose payload is values by path, in `content_format`."""

    path: ClassVar[Path] = _ROOT
    payload: bytes
    content_format: int


@dataclass(frozen=True, slots=True)
class ObserveComposite:
    """§6.4.4; the answer is the first values, later ones come as notifications of `paths`."""

    path: ClassVar[Path] = _ROOT
    paths: tuple[Path, ...]
    payload: bytes
    content_format: int
    accept: int | None = None

    @property
    def target(self) -> Target:
        """What it is about."""
        return self.paths


@dataclass(frozen=True, slots=True)
class CancelComposite:
    """§6.4.5: ends the observation of the very same `paths`, in the same order.

    `active` is as in `CancelObservation`.
    """

    path: ClassVar[Path] = _ROOT
    paths: tuple[Path, ...]
    payload: bytes
    content_format: int
    active: bool = True

    @property
    def target(self) -> Target:
        """What it is about."""
        return self.paths


Operation = (
    Read
    | Discover
    | Write
    | WriteAttributes
    | Execute
    | Create
    | Delete
    | Observe
    | CancelObservation
    | ReadComposite
    | WriteComposite
    | ObserveComposite
    | CancelComposite
)


@dataclass(frozen=True, slots=True)
class Response:
    """What the endpoint answered: a CoAP code (RFC 7252 §12.1.2, 2.05 is 0x45) and content.

    `location` is the Location-Path of a Create, as segments (empty where the client chose none).
    """

    code: int
    payload: bytes = b""
    content_format: int | None = None
    location: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the code is of class 2."""
        return self.code >> 5 == 2

    @property
    def code_text(self) -> str:
        """The code as people write it, `2.05`."""
        return f"{self.code >> 5}.{self.code & 31:02}"
