"""The port that every compiler engine stands behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..elf import Symbol
from ..profile import Objective
from ..targets.target import FirmwareMap, ImageKind, Slot, Target


@dataclass(frozen=True, slots=True)
class LinkJob:
    """C sources and where their machine code is to live.

    `files` maps names (no folders) to text: every `*.c` is compiled, headers are
    found by name.
    """

    files: Mapping[str, str] = field(repr=False)
    target: Target
    objective: Objective
    kind: ImageKind
    place: Slot | FirmwareMap


@dataclass(frozen=True, slots=True)
class Linked:
    """Machine code at its address.

    `binary` is flat, its first byte at load address plus header (for the host the
    shared library itself). `sections` are sizes in bytes of what is not empty.
    """

    elf: bytes = field(repr=False)
    binary: bytes = field(repr=False)
    symbols: tuple[Symbol, ...] = field(repr=False)
    sections: Mapping[str, int]


class Backend(Protocol):
    """An engine that turns C into machine code."""

    name: str

    def lacks(self, target: Target) -> str | None:
        """Return why no code can be made for `target`, and what would help; None where it can."""
        ...

    def version(self, target: Target) -> str:
        """Return name and version of the engine, for people."""
        ...

    def identity(self, target: Target, objective: Objective) -> str:
        """Return version and flags: all of the engine that decides what comes out."""
        ...

    def link(self, job: LinkJob, workdir: Path) -> Linked:
        """Compile and link in `workdir`. Raises `ToolchainFailed`."""
        ...

    def warm(self, progress: Callable[[str], None]) -> None:
        """Prepare what every later `link` would otherwise wait for once."""
        ...
