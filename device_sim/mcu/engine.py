"""The emulator with its hooks: maps what a run may use, lets code run, tells how it ended."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from unicorn import (
    UC_ERR_INSN_INVALID,
    UC_HOOK_BLOCK,
    UC_HOOK_MEM_INVALID,
    UC_HOOK_MEM_READ,
    UC_HOOK_MEM_WRITE,
    Uc,
    UcError,
)
from unicorn.arm_const import UC_ARM_REG_CPSR
from unicorn.unicorn_py3.unicorn import uclib

from . import hook
from .cores import Core
from .errors import FaultKind, McuFault, McuTimeout
from .memory import Memory
from .region import DATA, Permission, Region

# Translated code: 1 GiB of address space per core by default, far too much for a fleet.
_TRANSLATION_BUFFER = 4 << 20

_LARGEST_PAGE = 0x1000

#: Where a call returns to: a page of its own, the last one that Cortex-M may execute from
#: (Armv7-M ARM, B3.1), outside any memory of the boards.
LANDING = 0x9FFF_F000

_NOTHING_WRITTEN = 0xFFFF_FFFF

# Visits of all marks that are noted in one run, on average.
_VISITS_PER_MARK = 4

#: Cortex-M's system control space (Armv7-M ARM, B3.2).
SYSTEM = Region("system control space", 0xE000_E000, 0x1000, DATA)

_KINDS = {
    hook.FAULT_READ: FaultKind.READ,
    hook.FAULT_WRITE: FaultKind.WRITE,
    hook.FAULT_FETCH: FaultKind.FETCH,
    hook.FAULT_INSTRUCTION: FaultKind.INSTRUCTION,
}

_CLASSES = {
    hook.DSP: "a DSP instruction",
    hook.FPU: "a floating-point instruction",
    hook.FPU_DOUBLE: "a double-precision instruction",
    hook.ATOMIC: "an atomic instruction",
    hook.PRIVILEGED: "a privileged instruction",
    hook.ILLEGAL: "an illegal instruction",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What the emulator is set up for: regions in use, bounds to the byte, system registers.

    `marks` are addresses of blocks whose visits are noted.
    """

    regions: tuple[Region, ...]
    exact: bool
    system: bool
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run may do: instructions at most, classes it must not use, FPU at start."""

    limit: int
    forbidden: int
    fpu_classes: int
    fpu_on: bool


class Engine:
    """One emulated core on a `Memory`."""

    def __init__(self, core: Core, memory: Memory) -> None:
        self._core = core
        self._memory = memory
        self._library = hook.load()
        self._state = hook.WatchState(
            stop=_address(uclib.uc_emu_stop),
            read_register=_address(uclib.uc_reg_read),
            write_register=_address(uclib.uc_reg_write),
            pc_register=core.registers.pc,
            status_register=UC_ARM_REG_CPSR,
            is_riscv=core.is_riscv,
            cpuid=core.cpuid,
        )
        self._landing = (ctypes.c_char * (2 * _LARGEST_PAGE))()
        self._setting: Setting | None = None
        self._visits: ctypes.Array[hook.Visit] = (hook.Visit * 0)()
        self._code_version = memory.code_version
        self._open()

    @property
    def instructions(self) -> int:
        """Instructions of the latest run."""
        return int(self._state.instructions)

    def register(self, number: int) -> int:
        """Return a register after a run."""
        return int(self._uc.reg_read(number))

    def touched(self) -> Iterator[tuple[str, int | None, int | None]]:
        """Yield, after an exact run, each region's lowest write and highest access (end)."""
        regions = self._setting.regions if self._setting else ()
        for region, seen in zip(regions, self._state.ranges, strict=False):
            written = seen.lowest_write != _NOTHING_WRITTEN
            yield region.name, seen.lowest_write if written else None, seen.highest or None

    def visits(self) -> Iterator[tuple[int, int]]:
        """Yield the marks that the latest run came by, with the instructions counted before."""
        for visit in self._visits[: self._state.visit_count]:
            yield int(visit.address), int(visit.instructions)

    def run(
        self, setting: Setting, rules: Rules, start: int, registers: Sequence[tuple[int, int]]
    ) -> None:
        """Reset the core, set registers, run from `start` to `LANDING` or until it sleeps."""
        self._set_up(setting)
        self._arm(setting, rules)
        self._uc.context_restore(self._reset)
        for number, value in registers:
            self._uc.reg_write(number, value)
        error: UcError | None = None
        try:
            self._uc.emu_start(start, LANDING)
        except UcError as caught:
            error = caught
        self._judge(error, rules.limit)

    def _set_up(self, setting: Setting) -> None:
        if setting != self._setting:
            # An emulator that once had hooks on accesses stays slow: take a new one.
            self._setting = None
            self._open()
            self._map(setting)
            self._watch(setting)
            self._setting = setting
        elif self._code_version != self._memory.code_version:
            self._uc.ctl_flush_tb()
        else:
            return
        self._state.forget_blocks()
        self._code_version = self._memory.code_version

    def _open(self) -> None:
        core = self._core
        self._uc = Uc(core.architecture, core.mode)
        self._uc.ctl_set_cpu_model(core.model)
        self._uc.ctl_set_tcg_buffer_size(_TRANSLATION_BUFFER)
        aligned = -(-ctypes.addressof(self._landing) // _LARGEST_PAGE) * _LARGEST_PAGE
        self._uc.mem_map_ptr(LANDING, _LARGEST_PAGE, int(Permission.EXECUTE), aligned)
        self._reset = self._uc.context_save()

    def _map(self, setting: Setting) -> None:
        banks = []
        for pages in self._memory.pages(setting.regions):
            self._uc.mem_map_ptr(pages.start, pages.size, int(pages.permissions), pages.host)
            if Permission.EXECUTE in pages.permissions:
                banks.append(hook.Bank(pages.start, pages.start + pages.size, pages.host))
        if setting.system:
            self._map_system()
        _fill(self._state.banks, banks)
        self._state.bank_count = len(banks)

    def _map_system(self) -> None:
        state = ctypes.byref(self._state)
        read, write = self._library.on_system_read, self._library.on_system_write
        handle = self._uc._uch  # the binding's own way takes Python callbacks only
        _check(uclib.uc_mmio_map(handle, SYSTEM.address, SYSTEM.size, read, state, write, state))

    def _watch(self, setting: Setting) -> None:
        for mark in setting.marks:
            self._hook(UC_HOOK_BLOCK, self._library.on_mark, mark, mark)
        self._hook(UC_HOOK_BLOCK, self._library.on_block)
        self._hook(UC_HOOK_MEM_INVALID, self._library.on_invalid)
        if setting.exact:
            self._hook(UC_HOOK_BLOCK, self._library.on_fetch)
            self._hook(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, self._library.on_access)

    def _hook(self, kind: int, function: Any, first: int = 1, last: int = 0) -> None:
        """Have `function` called at addresses from `first` to `last`; 1 to 0 is everywhere."""
        handle = ctypes.c_size_t()
        state, begin, end = ctypes.byref(self._state), ctypes.c_uint64(first), ctypes.c_uint64(last)
        add = uclib.uc_hook_add
        kinds = ctypes.c_int(kind)
        _check(add(self._uc._uch, ctypes.byref(handle), kinds, function, state, begin, end))

    def _arm(self, setting: Setting, rules: Rules) -> None:
        state = self._state
        state.instructions = 0
        state.limit = rules.limit
        state.has_fpu = bool(rules.fpu_classes)
        state.fpu_classes = rules.fpu_classes
        state.forbidden = rules.forbidden | (0 if rules.fpu_on else rules.fpu_classes)
        state.fault = state.fault_classes = state.fault_address = state.fault_pc = 0
        self._visits = (hook.Visit * (_VISITS_PER_MARK * len(setting.marks)))()
        state.visits, state.visit_limit = self._visits, len(self._visits)
        state.visit_count = 0
        state.cpacr = state.vtor = state.last_range = state.has_conditional = 0
        regions = [*setting.regions, *([SYSTEM] if setting.system else [])]
        ranges = [
            hook.Range(region.address, region.end, region.permissions, _NOTHING_WRITTEN, 0)
            for region in regions
        ]
        _fill(state.ranges, ranges)
        state.range_count = len(ranges)

    def _judge(self, error: UcError | None, limit: int) -> None:
        """Raise what ended the run, unless it ended well."""
        state = self._state
        if state.fault == hook.TIMEOUT:
            raise McuTimeout(limit, state.fault_pc)
        if state.fault:
            named = [text for bit, text in _CLASSES.items() if state.fault_classes & bit]
            detail = f"{named[0]} here" if named else ""
            raise McuFault(_KINDS[state.fault], state.fault_address, state.fault_pc, detail)
        if error is not None:
            pc = self.register(state.pc_register)
            invalid = error.errno == UC_ERR_INSN_INVALID
            kind = FaultKind.INSTRUCTION if invalid else FaultKind.EXCEPTION
            raise McuFault(kind, pc, pc, str(error)) from error


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


def _check(status: int) -> None:
    if status:
        raise UcError(status)


def _fill(array: Any, values: Sequence[Any]) -> None:
    if len(values) > len(array):
        raise ValueError(f"{len(values)} regions in one run; at most {len(array)} are watched")
    for index, value in enumerate(values):
        array[index] = value
