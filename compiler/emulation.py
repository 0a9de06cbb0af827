"""What proving a linked image takes of an emulator, whichever runs the core's code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .module_table import ModuleTable
from .targets.target import FirmwareMap, ImageKind, Slot, Target

START_LIMIT = 100_000_000
"""Instructions after which a start-up counts as one that never ends."""

CANARY = 0xC5
"""What lies around memory that code may write."""

GARBAGE = 0xA5
"""What memory holds before code writes it."""

_SPARE = 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What exact runs showed: instructions, and peaks in bytes.

    `visits` are the marked addresses that the run came by, in order, each with the
    instructions before it; empty where the emulator cannot tell.
    """

    boot_instructions: int | None
    init_instructions: int
    instructions: int
    stack_peak: int
    arena_peak: int
    visits: tuple[tuple[int, int], ...] = ()


class Emulation(Protocol):
    """A module, or a firmware that has booted: initialised and ready to run."""

    table: ModuleTable

    def reset(self) -> None:
        """Bring what the model keeps from run to run back to what it was at first."""
        ...

    def measure(
        self, inputs: Sequence[bytes], marks: Sequence[int] = ()
    ) -> tuple[list[bytes], Measured]:
        """Run once under exact bounds; return the outputs and what was seen.

        `marks` are addresses of functions whose calls are to be noted. Later runs may
        take twice the instructions of this one. Raises `VerificationFailed`, as all of these do.
        """
        ...

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        """Run once, as fast as it goes, on an arena full of garbage; return the outputs."""
        ...

    def check_guards(self) -> None:
        """Raise `VerificationFailed` if a run wrote into what lies around its memory."""
        ...


class Emulator(Protocol):
    """Loads, starts and initialises an image at its true addresses."""

    def __call__(
        self, binary: bytes, place: Slot | FirmwareMap, target: Target, kind: ImageKind, limit: int
    ) -> Emulation:
        """Return the image, ready to run; `limit` is for one run. Raises `VerificationFailed`."""
        ...


def next_limit(instructions: int) -> int:
    """Return what runs after one of so many instructions may take."""
    return 2 * instructions + _SPARE
