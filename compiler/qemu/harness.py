"""What differs between instruction sets: how code is called, bounded and found faulty."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from device_sim.mcu import Region


class Stopped(Exception):
    """Code did not come back; the text says why. The machine is of no further use."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call returned (signed 32 bits), and its instructions."""

    value: int
    instructions: int


class Harness(Protocol):
    """A few instructions of ours on the machine, around the code that is run."""

    def bound(self, regions: Sequence[Region], *, exact: bool) -> None:
        """Let calls use `regions` alone: to the smallest unit there is, or at full speed."""
        ...

    def call(self, address: int, args: Sequence[int], stack_top: int, limit: int) -> Outcome:
        """Call a function of the base procedure call standard. Raises `Stopped`."""
        ...

    def reach(
        self, place: int, address: int, args: Sequence[int], stack_top: int, limit: int
    ) -> int | None:
        """Call a function until it comes to `place`; return its instructions before.

        None where it does not come there, or where nobody can tell. Raises `Stopped`.
        """
        ...

    def boot(self, entry: int, image: bytes, limit: int) -> int:
        """Reset into `image` at `entry`; return its instructions until it sleeps.

        Raises `Stopped`.
        """
        ...
