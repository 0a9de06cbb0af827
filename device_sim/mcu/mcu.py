"""A microcontroller: core, memory map, and ways to let code run on it."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from . import hook
from .cores import core_of
from .engine import LANDING, Engine, Rules, Setting
from .errors import FaultKind, McuFault
from .memory import Memory
from .region import Region

_WORD = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Watch:
    """What an exact run touched, by region name: absolute addresses, absent where nothing was.

    `lowest_write` is the lowest address written, `highest` the first one behind the
    highest byte read or written.
    """

    lowest_write: dict[str, int]
    highest: dict[str, int]


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended: its return value (signed 32 bits) and its instructions.

    `stack_peak` is the bytes of stack it used, from `stack_top` down to its lowest write;
    it and `watch` are None unless the run was exact. `visits` are the marks that it came
    by, each with the instructions that ran before.
    """

    value: int
    instructions: int
    stack_peak: int | None = None
    watch: Watch | None = None
    visits: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class BootResult:
    """How a boot ended: asleep at `pc` with stack pointer `sp`, after so many instructions."""

    pc: int
    sp: int
    instructions: int
    watch: Watch | None = None


class Mcu:
    """One core with its memory; cheap to make, kept as long as the device lives.

    Memory starts as zeros and keeps its content between runs. A run may use the
    regions that `within` names (all where it is None) and nothing else. Runs
    are bounded by the emulator's pages, 1 KiB on Arm and 4 KiB on RISC-V: to
    the byte where a region ends with a page and no neighbour is part of the run.
    `exact` runs are bounded to the byte everywhere, and some ten times as slow. All
    count instructions (what an IT skips included) and end at the limit, in the
    basic block that crosses it; instructions that core and features lack fault, in a
    call privileged ones too. One run at a time; the interpreter's lock is free
    while code runs.
    """

    def __init__(self, core: str, features: Sequence[str], regions: Sequence[Region]) -> None:
        """Raise `UnknownCore` for a core or features without emulation."""
        self._core, self._classes = core_of(core, features)
        self._lacking = hook.ALL_CLASSES & ~self._classes
        self._memory = Memory(regions, self._core.page)
        self._engine: Engine | None = None

    @property
    def regions(self) -> dict[str, Region]:
        """The regions by name."""
        return dict(self._memory.regions)

    def read(self, address: int, size: int) -> bytes:
        """Read memory from outside; raises ValueError where there is none."""
        return self._memory.read(address, size)

    def write(self, address: int, data: bytes) -> None:
        """Write memory from outside, flash included; raises ValueError where there is none."""
        self._memory.write(address, data)

    def fill(self, region: str, value: int = 0) -> None:
        """Set every byte of a region."""
        at = self._memory.regions[region]
        self._memory.write(at.address, bytes([value]) * at.size)

    def release(self) -> None:
        """Give back the emulator, some 3 MiB; memory stays and the next run makes a new one."""
        self._engine = None

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
        start, registers = self._reset_vector(entry)
        rules = Rules(limit, self._lacking & ~hook.PRIVILEGED, self._fpu, fpu_on=False)
        setting = Setting(self._memory.select(within), exact, system=not self._core.is_riscv)
        engine = self._run(setting, rules, start, registers)
        numbers = self._core.registers
        pc, sp = engine.register(numbers.pc), engine.register(numbers.sp)
        if not any(self._ends_with(pc, wfi) for wfi in self._core.sleeps):
            raise McuFault(FaultKind.EXCEPTION, pc, pc, "the start-up ended without sleeping")
        return BootResult(pc, sp, engine.instructions, _watch(engine) if exact else None)

    def call(
        self,
        address: int,
        args: Sequence[int],
        stack_top: int,
        limit: int,
        *,
        within: Sequence[str] | None = None,
        exact: bool = False,
        marks: Sequence[int] = (),
    ) -> CallResult:
        """Call a function of the base procedure call standard (at most 4 arguments).

        Bit 0 of `address` is the Thumb bit on Arm. `stack_top` is 16-aligned. The FPU is
        on, as the device's own start-up has left it. `marks` are addresses of functions
        whose calls are noted. Raises `McuFault`, `McuTimeout`.
        """
        if len(args) > 4 or stack_top % 16:
            raise ValueError("a call takes at most 4 arguments and a 16-aligned stack")
        if address & 1 != self._thumb:
            raise McuFault(FaultKind.EXCEPTION, address, address, "not code of this core")
        numbers = self._core.registers
        registers = [(numbers.argument + at, value & _WORD) for at, value in enumerate(args)]
        registers += [(numbers.sp, stack_top), (numbers.link, LANDING | self._thumb)]
        rules = Rules(limit, self._lacking, self._fpu, fpu_on=True)
        setting = Setting(
            self._memory.select(within),
            exact,
            system=False,
            marks=tuple(mark & ~self._thumb for mark in marks),
        )
        engine = self._run(setting, rules, address, registers)
        value = engine.register(numbers.argument)
        watch = _watch(engine) if exact else None
        return CallResult(
            value - (1 << 32) if value >> 31 else value,
            engine.instructions,
            self._stack_peak(watch, stack_top) if watch else None,
            watch,
            tuple(engine.visits()),
        )

    def _run(
        self, setting: Setting, rules: Rules, start: int, registers: Sequence[tuple[int, int]]
    ) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._core, self._memory)
        self._engine.run(setting, rules, start, registers)
        return self._engine

    @property
    def _thumb(self) -> int:
        return 0 if self._core.is_riscv else 1

    @property
    def _fpu(self) -> int:
        """The classes of instructions that CPACR switches."""
        return self._classes & (hook.FPU | hook.FPU_DOUBLE)

    def _reset_vector(self, entry: int) -> tuple[int, list[tuple[int, int]]]:
        """Return where a reset starts, and the registers it sets (Armv7-M ARM, B1.5.5)."""
        if self._core.is_riscv:
            return entry, []
        try:
            sp, start = struct.unpack("<II", self._memory.read(entry, 8))
        except ValueError as error:
            raise McuFault(FaultKind.READ, entry, entry, "no vector table here") from error
        if not start & 1:
            raise McuFault(FaultKind.EXCEPTION, start, start, "the reset vector is not Thumb code")
        numbers = self._core.registers
        return start, [(numbers.sp, sp & ~3), (numbers.link, _WORD)]

    def _ends_with(self, pc: int, code: bytes) -> bool:
        """Whether the instruction before `pc` is `code`."""
        try:
            return self._memory.read(pc - len(code), len(code)) == code
        except ValueError:
            return False

    def _stack_peak(self, watch: Watch, stack_top: int) -> int:
        for name, region in self._memory.regions.items():
            if region.address < stack_top <= region.end:
                return max(0, stack_top - watch.lowest_write.get(name, stack_top))
        return 0


def _watch(engine: Engine) -> Watch:
    touched = list(engine.touched())
    return Watch(
        {name: lowest for name, lowest, _ in touched if lowest is not None},
        {name: highest for name, _, highest in touched if highest is not None},
    )
