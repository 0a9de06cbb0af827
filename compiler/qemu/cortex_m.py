"""Armv8.1-M: calls, bounds by the memory protection unit, faults (Armv8-M ARM, DDI 0553)."""

import struct
from collections.abc import Iterator, Sequence

from device_sim.mcu import Permission, Region

from .gdb import Gdb, GdbError
from .harness import Outcome, Stopped
from .machine import Machine

_SP, _LR, _PC, _XPSR = 13, 14, 15, 25  # GDB's numbers
_THUMB = 1 << 24

_NVIC_ISER0 = 0xE000_E100
_VTOR, _CPACR, _CFSR, _MMFAR, _BFAR = (
    *(0xE000_ED08, 0xE000_ED88, 0xE000_ED28),
    *(0xE000_ED34, 0xE000_ED38),
)
_MPU_CTRL, _MPU_RNR, _MPU_RBAR, _MPU_RLAR, _MPU_MAIR0 = (
    *(0xE000_ED94, 0xE000_ED98, 0xE000_ED9C),
    *(0xE000_EDA0, 0xE000_EDC0),
)
_CP10_CP11 = 0xF << 20
_MPU_REGIONS, _MPU_UNIT, _PAGE = 16, 32, 1024

# Arm SSE-300, 3.3: a timer of 32 bits with 32 kHz, so 31.25 us at 128 ns each instruction.
_TIMER_CTRL, _TIMER_VALUE, _TIMER_RELOAD, _TIMER_IRQ = 0x4802_F000, 0x4802_F004, 0x4802_F008, 2
_TIMER_ON = 9  # with its interrupt
_INSTRUCTIONS_PER_TICK = 31_250 / 128
_AT_LEAST = 100_000
_SLOWEST = 5e6  # instructions per second of an emulator on a very busy host

# Where things are on the harness's own pages.
_CODE, _FAULT, _ENDLESS, _ROWS, _STARTED = 0x100, 0x180, 0x190, 0x200, _PAGE
HARNESS_SIZE = 2 * _PAGE

# Set registers of devices by a table of addresses and values, the last MPU_CTRL; note
# the counter, enter the code.
# ldmia r4!, {r5, r6}; str r6, [r5]; subs r7, #1; bne .-6; dsb; isb
# ldr r6, [r8]; str r6, [r9]; bx r12
_ENTER = bytes.fromhex("60cc 2e60 013f fbd1 bff34f8f bff36f8f d8f80060 c9f80060 6047")
_LANDING = _CODE + len(_ENTER)
# Switch bounds and timer off: str r10, [r5]; str r10, [r11]; dsb; isb; and the place to stop
_LEAVE = bytes.fromhex("c5f800a0 cbf800a0 bff34f8f bff36f8f 00be")
_LANDED = _LANDING + len(_LEAVE) - 2
_BEHIND_CALL = 4  # instructions
_WFI = b"\x30\xbf"

# Configurable Fault Status Register, D1.2.47: bit, what it says, register with the address.
_CAUSES = (
    (0, "execute fault", None),
    (1, "access fault", _MMFAR),
    (4, "access fault, of the stack while a fault was taken", None),
    (8, "execute fault, where nothing is", None),
    (9, "access fault, where nothing is,", _BFAR),
    (16, "instruction fault", None),
    (17, "instruction fault, not code of this core", None),
    (19, "instruction fault, a coprocessor that is not there", None),
    (20, "access fault, below the stack's limit", None),
    (24, "access fault, unaligned", None),
    (25, "division by zero", None),
)


class CortexM:
    """The harness of Armv8.1-M, on a page at `base` that nothing else uses."""

    size = HARNESS_SIZE

    def __init__(self, gdb: Gdb, machine: Machine, base: int) -> None:
        """Install it; the floating-point and vector units are on from here."""
        self._gdb, self._machine, self._base = gdb, machine, base
        self._protected = 0
        vectors = [base, *[base + _FAULT | 1] * (15 + _TIMER_IRQ), base + _ENDLESS | 1]
        gdb.write(base, struct.pack(f"<{len(vectors)}I", *vectors))
        gdb.write(base + _CODE, _ENTER + _LEAVE)
        # Something to call that is one instruction long: bx lr.
        gdb.write(base + _FAULT, b"\x70\x47")
        for place in (_LANDED, _ENDLESS):
            gdb.stop_at(base + place)
        self._set([(_VTOR, base), (_CPACR, _CP10_CP11), (_NVIC_ISER0, 1 << _TIMER_IRQ)])
        self._around = 0
        empty = self.call(base + _FAULT | 1, (), base + HARNESS_SIZE, _AT_LEAST)
        self._around = empty.instructions - 1
        gdb.stop_at(base + _FAULT)

    def bound(self, regions: Sequence[Region], *, exact: bool) -> None:
        """Bound calls: exactly by 32 bytes, else by pages, which costs no time."""
        own = Region.code("harness", self._base, _PAGE)
        started = Region.ram("started", self._base + _STARTED, _PAGE)
        counter = Region("counter", self._machine.counter & -_PAGE, _PAGE, Permission.READ)
        wanted = _merged([*regions, own, started, counter], _MPU_UNIT if exact else _PAGE)
        rows = [(_MPU_MAIR0, 0x44)]
        for number in range(_MPU_REGIONS):
            rows.append((_MPU_RNR, number))
            if number < len(wanted):
                start, end, permissions = wanted[number]
                read_only = Permission.WRITE not in permissions
                never_executed = Permission.EXECUTE not in permissions
                rows.append((_MPU_RBAR, start | 2 | read_only << 2 | never_executed))
                rows.append((_MPU_RLAR, end - _MPU_UNIT | 1))
            else:
                rows.append((_MPU_RLAR, 0))
        self._set(rows)
        self._protected = 1

    def call(self, address: int, args: Sequence[int], stack_top: int, limit: int) -> Outcome:
        """Call a function of the base procedure call standard. Raises `Stopped`."""
        ticks = self._run(address, args, stack_top, limit)
        if self._gdb.register(_PC) != self._base + _LANDED:
            raise self._stopped()
        value = self._gdb.register(0)
        return Outcome(value - (1 << 32) if value >> 31 else value, self._instructions(ticks))

    def reach(
        self, place: int, address: int, args: Sequence[int], stack_top: int, limit: int
    ) -> int | None:
        """Call a function until it comes to `place`; return its instructions before.

        A machine that goes on from a stop has lost some time: each place takes a call.
        """
        self._gdb.stop_at(place)
        ticks = self._run(address, args, stack_top, limit)
        self._gdb.pass_by(place)
        at = self._gdb.register(_PC)
        if at == place:
            self._set([])
            return self._instructions(ticks) + _BEHIND_CALL
        if at != self._base + _LANDED:
            raise self._stopped()
        return None

    def boot(self, entry: int, image: bytes, limit: int) -> int:
        """Start at the vector table `entry`; the floating-point unit is off. Raises `Stopped`."""
        stack, start = struct.unpack("<II", image[:8])
        sleeps = [entry + at for at in _places(image, _WFI)]
        for place in sleeps:
            self._gdb.stop_at(place)
        self._set([(_CPACR, 0)])
        ticks = self._run(start, (), stack & ~3, limit)
        if self._gdb.register(_PC) not in sleeps:
            raise self._stopped()
        for place in sleeps:
            self._gdb.pass_by(place)
        self._set([(_CPACR, _CP10_CP11)])
        # It never comes to what stands behind a call, and sleeping is one more.
        return self._instructions(ticks) + _BEHIND_CALL + 1

    def _run(self, address: int, args: Sequence[int], stack_top: int, limit: int) -> int:
        """Enter the code, wait until it stops, return what the counter has counted."""
        for number, value in enumerate(args):
            self._gdb.set_register(number, value)
        self._gdb.set_register(_LR, self._base + _LANDING | 1)
        limit = min(max(limit, _AT_LEAST), self._machine.most)
        ticks = int(limit / _INSTRUCTIONS_PER_TICK) + 1
        rows = [
            *((_TIMER_RELOAD, ticks), (_TIMER_VALUE, ticks), (_TIMER_CTRL, _TIMER_ON)),
            (_MPU_CTRL, self._protected),
        ]
        self._enter(rows, address, stack_top, 30.0 + limit / _SLOWEST)
        started = self._gdb.word(self._base + _STARTED)
        return self._gdb.word(self._machine.counter) - started

    def _instructions(self, ticks: int) -> int:
        counted = round((ticks & 0xFFFF_FFFF) / self._machine.ticks)
        return counted - self._around

    def _set(self, rows: Sequence[tuple[int, int]]) -> None:
        """Set registers of devices, which only code on the machine can."""
        landing = self._base + _LANDING | 1
        self._enter([*rows, (_MPU_CTRL, 0)], landing, self._base + HARNESS_SIZE, 30.0)
        if self._gdb.register(_PC) != self._base + _LANDED:
            raise self._stopped()

    def _enter(
        self, rows: Sequence[tuple[int, int]], address: int, stack_top: int, patience: float
    ) -> None:
        """Set registers of devices by `rows`, then run from `address` until it stops."""
        table = self._base + _ROWS
        self._gdb.write(table, b"".join(struct.pack("<II", *row) for row in rows))
        for number, value in (
            *((4, table), (7, len(rows)), (8, self._machine.counter)),
            *((9, self._base + _STARTED), (10, 0), (11, _TIMER_CTRL), (12, address)),
            *((_SP, stack_top), (_PC, self._base + _CODE), (_XPSR, _THUMB)),
        ):
            self._gdb.set_register(number, value)
        try:
            self._gdb.run(patience)
        except GdbError as fault:
            raise Stopped(f"the emulated core is lost: {fault}") from fault

    def _stopped(self) -> Stopped:
        """Return why the machine stands where it stands."""
        if self._gdb.register(_PC) == self._base + _ENDLESS:
            return Stopped("watchdog: the code did not end")
        status = self._gdb.word(_CFSR)
        stack = self._gdb.register(_SP)
        pc = self._gdb.word(stack + 24) if self._machine.has(stack, 32) else 0
        for bit, text, register in _CAUSES:
            if status >> bit & 1:
                at = f" at {self._gdb.word(register):#010x}" if register else ""
                return Stopped(f"{text}{at}, pc {pc:#010x}")
        return Stopped(f"fault {status:#x}, pc {pc:#010x}")


def _places(image: bytes, code: bytes) -> Iterator[int]:
    """Yield the even offsets of `code`."""
    at = image.find(code)
    while at >= 0:
        if at % 2 == 0:
            yield at
        at = image.find(code, at + 1)


def _merged(regions: Sequence[Region], unit: int) -> list[tuple[int, int, Permission]]:
    """Return (start, end, permissions) in multiples of `unit`, those that then touch as one.

    Where a unit is shared by regions of different permissions, it has all of them.
    """
    merged: list[tuple[int, int, Permission]] = []
    for region in sorted(regions, key=lambda region: region.address):
        start, end = region.address // unit * unit, -(-region.end // unit) * unit
        permissions = region.permissions
        if merged and start < merged[-1][1]:
            before, at, theirs = merged.pop()
            if theirs == permissions:
                start = before
            else:
                if before < start:
                    merged.append((before, start, theirs))
                merged.append((start, at, theirs | permissions))
                start = at
        if start < end:
            merged.append((start, end, permissions))
    return merged
