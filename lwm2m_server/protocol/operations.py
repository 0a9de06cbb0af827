"""Requests from the server to a registered endpoint, and its answers, as values.

OMA LwM2M Core 1.1 §6.3 (Device Management and Service Enablement) and §6.4
(Information Reporting). A shell turns them into CoAP.
"""

from dataclasses import dataclass

from objects.path import Path


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


@dataclass(frozen=True, slots=True)
class CancelObservation:
    """§6.4.3."""

    path: Path


Operation = Read | Discover | Write | Execute | Create | Delete | Observe | CancelObservation


@dataclass(frozen=True, slots=True)
class Response:
    """What the endpoint answered: a CoAP code (RFC 7252 §12.1.2, 2.05 is 0x45) and content."""

    code: int
    payload: bytes = b""
    content_format: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the code is of class 2."""
        return self.code >> 5 == 2

    @property
    def code_text(self) -> str:
        """The code as people write it, `2.05`."""
        return f"{self.code >> 5}.{self.code & 31:02}"
