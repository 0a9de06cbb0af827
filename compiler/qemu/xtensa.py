"""Xtensa with the call0 ABI: calls, faults, and a timer against what does not end.

The core has no memory protection unit: what code may touch beside its own memory is found
by canaries, and by faults where the machine has nothing. All goes through a few words
of memory, since the machine's debugger serves no single registers.
"""

import struct
from collections.abc import Sequence

from device_sim.mcu import Region

from .gdb import Gdb, GdbError
from .harness import Outcome, Stopped
from .machine import Machine

# Bytes of the harness: vectors, words that code reads, code, words that it writes, a stack.
_WORDS, _CALL, _RESULTS, _EMPTY_STACK = 0x80, 0xB0, 0x200, 0x800
HARNESS_SIZE = _EMPTY_STACK

# From VECBASE (Xtensa ISA, 4.4): debug, NMI, kernel, user and double exceptions: `j report`.
_VECTORS = {0x10: "063c00", 0x20: "063800", 0x30: "063400", 0x50: "062c00", 0x70: "062400"}
_CALL_CODE = bytes.fromhex(
    "51f8ff 50e713"  # l32r a5, vectors; wsr.vecbase a5
    "71f8ff 80ea03 708880 80f013"  # ccompare0 = ccount + ticks, which takes back a request
    "61f7ff 60e413"  # l32r a6, mask; wsr.intenable a6
    "11f1ff 21eeff 31eeff 41ebff"  # l32r a1, stack; a2 and a3, arguments; a4, function
    "51f2ff 50e613 102000"  # l32r a5, status; wsr.ps a5; rsync
    "c0ea03 c00400 d0ea03"  # rsr.ccount a12; callx0 a4; rsr.ccount a13
    "52a000 50e413"  # movi a5, 0; wsr.intenable a5
    "51eaff 226501 c26502 d26503 126504"  # results: a2, a12, a13, a1
    "22a001 226500"  # 1: it came back
    "f02000"  # landed: nop
)
_REPORT_CODE = bytes.fromhex(
    "51e4ff 20e803 226505"  # report: l32r a5, results; rsr.exccause a2; s32i
    "20ee03 226506 20b103 226507"  # rsr.excvaddr, rsr.epc1
    "22a002 226500"  # 2: it did not
    "f02000"  # reported: nop
)
_LANDED = _CALL + len(_CALL_CODE) - 3
_REPORTED = _CALL + len(_CALL_CODE) + len(_REPORT_CODE) - 3
_EMPTY = 0x180
_RETURN = bytes.fromhex("800000")

_USER_VECTORS = 0x20  # PS.UM: no interrupt masked, no exception under way
_TIMER = 1 << 6  # the interrupt of CCOMPARE0 on this core
_CAME_BACK, _FAULTED = 1, 2

# EXCCAUSE (Xtensa ISA, table 4-64), and whether EXCVADDR then tells where.
_TIMED_OUT = 4
_CAUSES = {
    0: ("instruction fault, not code of this core", False),
    1: ("system call", False),
    2: ("execute fault, where nothing is", False),
    3: ("access fault", True),
    6: ("division by zero", False),
    9: ("access fault, unaligned", True),
    12: ("execute fault, where nothing is,", True),
    13: ("access fault, where nothing is,", True),
    14: ("execute fault, where nothing is,", True),
    15: ("access fault, where nothing is,", True),
    20: ("execute fault, where nothing is,", True),
    28: ("access fault, of what cannot be read,", True),
    29: ("access fault, of what cannot be written,", True),
}
_SLOWEST = 5e6  # instructions per second of an emulator on a very busy host


class Xtensa:
    """The harness of the lx106, at `base`, a multiple of 1024, that nothing else uses."""

    size = HARNESS_SIZE

    def __init__(self, gdb: Gdb, machine: Machine, base: int) -> None:
        """Install it."""
        self._gdb, self._machine, self._base = gdb, machine, base
        for place, code in _VECTORS.items():
            gdb.write(base + place, bytes.fromhex(code))
        gdb.write(base + _CALL, _CALL_CODE + _REPORT_CODE)
        gdb.write(base + _EMPTY, _RETURN)
        for place in (_LANDED, _REPORTED):
            gdb.stop_at(base + place)
        self._around = 0
        empty = self.call(base + _EMPTY, (), base + _EMPTY_STACK, 1000)
        self._around = empty.instructions - 1

    def bound(self, regions: Sequence[Region], *, exact: bool) -> None:
        """Do nothing: the core has nothing that bounds code."""

    def call(self, address: int, args: Sequence[int], stack_top: int, limit: int) -> Outcome:
        """Call a function of the base procedure call standard. Raises `Stopped`."""
        first, second = (*args, 0, 0)[:2]
        limit = min(limit, self._machine.most)
        ticks = min((1 << 32) - 1, int(limit * self._machine.ticks))
        vectors, results = self._base, self._base + _RESULTS
        words = (address, first, second, stack_top, vectors, results, ticks, _USER_VECTORS, _TIMER)
        self._gdb.write(self._base + _WORDS, struct.pack("<9I", *words))
        self._gdb.write(results, bytes(32))
        try:
            self._gdb.run(30.0 + limit / _SLOWEST, start=self._base + _CALL)
        except GdbError as fault:
            raise Stopped(f"the emulated core is lost: {fault}") from fault
        found = struct.unpack("<8I", self._gdb.read(results, 32))
        return self._outcome(found, stack_top)

    def reach(
        self, place: int, address: int, args: Sequence[int], stack_top: int, limit: int
    ) -> None:
        """Return None: the counter is in the core, and read by code behind the call."""
        del place, address, args, stack_top, limit

    def boot(self, entry: int, image: bytes, limit: int) -> int:
        """Refuse: the boot loaders of these cores start images of another form."""
        del entry, image, limit
        raise Stopped("no firmware is made for this core")

    def _outcome(self, results: tuple[int, ...], stack_top: int) -> Outcome:
        state, value, started, ended, stack, cause, where, pc = results
        if state == _FAULTED and cause == _TIMED_OUT:
            raise Stopped("watchdog: the code did not end")
        if state != _CAME_BACK:
            text, has_address = _CAUSES.get(cause, (f"fault {cause}", False))
            at = f" at {where:#010x}" if has_address else ""
            raise Stopped(f"{text}{at}, pc {pc:#010x}")
        if stack != stack_top:
            raise Stopped(f"it came back with its stack at {stack:#x}, not at {stack_top:#x}")
        counted = round((ended - started & 0xFFFF_FFFF) / self._machine.ticks)
        return Outcome(value - (1 << 32) if value >> 31 else value, counted - self._around)
