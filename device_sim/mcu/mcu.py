"""A microcontroller: core, memory map, and ways to let code run on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from .region import Region


@dataclass(frozen=True, slots=True)
class Watch:
    """What a counted run saw. Addresses are absolute, None where nothing was touched.

    `lowest_write` maps region names to the lowest address written, `highest`
    to the first address behind the highest byte read or written.
    """

    lowest_write: dict[str, int]
    highest: dict[str, int]


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended: its return value (signed 32 bits) and its instructions.

    `stack_peak` is the bytes of stack it used, from `stack_top` down to its lowest write;
    None unless the run was exact.
    """

    value: int
    instructions: int
    stack_peak: int | None = None
    watch: Watch | None = None


@dataclass(frozen=True, slots=True)
class BootResult:
    """How a boot ended: asleep at `pc` with stack pointer `sp`, after so many instructions."""

    pc: int
    sp: int
    instructions: int
    watch: Watch | None = None


class Mcu:
    """One core with its memory; cheap to make, kept as long as the device lives.

    Memory keeps its content between runs. A run may use the regions that
    `within` names (all where it is None) and nothing else. Fast runs are bounded by
    the emulator's pages, 1 KiB on Arm and 4 KiB on RISC-V, so that a region is guarded
    to the byte where it ends on a page and its neighbour is not part of the run; `exact` runs
    are bounded to the byte everywhere. Both count instructions and bite at the
    limit, exactly up to the end of a basic block. Not re-entrant; the interpreter's
    lock is free while code runs.
    """

    def __init__(self, core: str, features: Sequence[str], regions: Sequence[Region]) -> None:
        """Raise `UnknownCore` for a core or features without emulation."""
        raise NotImplementedError

    def read(self, address: int, size: int) -> bytes:
        """Read memory from outside; raises ValueError where there is none."""
        raise NotImplementedError

    def write(self, address: int, data: bytes) -> None:
        """Write memory from outside, flash included; raises ValueError where there is none."""
        raise NotImplementedError

    def fill(self, region: str, value: int = 0) -> None:
        """Set every byte of a region."""
        raise NotImplementedError

    def boot(
        self,
        entry: int,
        limit: int,
        *,
        within: Sequence[str] | None = None,
        exact: bool = False,
    ) -> BootResult:
        """Reset and run until the core sleeps in WFI.

        On Cortex-M `entry` is the address of the vector table, which gives SP and PC; on
        RISC-V it is the first instruction. The FPU, where there is one, is off after
        the reset. Raises `McuFault`, `McuTimeout`.
        """
        raise NotImplementedError

    def call(
        self,
        address: int,
        args: Sequence[int],
        stack_top: int,
        limit: int,
        *,
        within: Sequence[str] | None = None,
        exact: bool = False,
    ) -> CallResult:
        """Call a function of the base procedure call standard (at most 4 arguments).

        Bit 0 of `address` is the Thumb bit on Arm. A call enables the FPU as the
        device's own start-up has done. Raises `McuFault`, `McuTimeout`.
        """
        raise NotImplementedError
