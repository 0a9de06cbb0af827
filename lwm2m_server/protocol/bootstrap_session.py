"""A bootstrap under way and what can happen to it, as values (OMA LwM2M Core 1.2 §6.1.7)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from objects.path import Path
from objects.registry import Registry as Definitions

from .bootstrap_configuration import Configuration
from .bootstrap_discovery import NOTHING_TOLD, Discovered
from .operations import Delete, Discover, Read, Response, Write
from .registration import EndpointName


@dataclass(frozen=True, slots=True)
class Finish:
    """Bootstrap-Finish (§6.1.7): nothing more is written; `POST /bs`."""

    path: ClassVar[Path] = Path()


BootstrapOperation = Discover | Read | Delete | Write | Finish


class Phase(StrEnum):
    """Where a bootstrap is; those without an operation are its ends."""

    BEGINNING = "beginning"
    DISCOVERING = "discovering"
    READING = "reading"
    DELETING = "deleting"
    WRITING = "writing"
    FINISHING = "finishing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


OVER: Final = frozenset({Phase.SUCCEEDED, Phase.FAILED})


@dataclass(frozen=True, slots=True)
class Begun:
    """The request has been answered: the first operation may follow."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The endpoint answered the operation of `ticket`, be it with an error."""

    ticket: int
    response: Response


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The endpoint did not answer the operation of `ticket`, and will not."""

    ticket: int
    why: str


@dataclass(frozen=True, slots=True)
class Elapsed:
    """It is the deadline, or later."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Something else ends the bootstrap: a newer request, a lost session, an operator."""

    why: str


Input = Begun | Answered | Unanswered | Elapsed | Ended


@dataclass(frozen=True, slots=True)
class Rules:
    """Times in seconds: for one operation, and for all of a bootstrap. Definitions to write by.

    An operation has MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2) and a little, so that the message layer
    is the first to give up, and says why.
    """

    definitions: Definitions
    progress: float = 100.0
    whole: float = 600.0


@dataclass(frozen=True, slots=True)
class Session:
    """A bootstrap under way. `configuration` is as it is meant for `endpoint`.

    `formats` are the content formats to write in that are not refused yet, the first in use.
    `discovered` is what the endpoint told of its Object 0. `read` is what it answered
    to Bootstrap-Read, and `notes` what it refused that does not stop a bootstrap.
    """

    endpoint: EndpointName
    configuration: Configuration = field(repr=False)
    began_at: float
    preferred: int | None = None
    phase: Phase = Phase.BEGINNING
    at: int = 0
    ticket: int = 0
    deadline: float = 0.0
    formats: tuple[int, ...] = ()
    discovered: Discovered = NOTHING_TOLD
    read: tuple[tuple[Path, Response], ...] = field(default=(), repr=False)
    written: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def over(self) -> bool:
        """Whether the bootstrap has come to its end."""
        return self.phase in OVER
