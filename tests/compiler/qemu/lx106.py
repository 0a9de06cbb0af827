"""An lx106 in QEMU with code of ours, for tests that need no model."""

from compiler.qemu.machine import MACHINES
from compiler.qemu.process import start
from compiler.qemu.xtensa import Xtensa

from ...peers import installed

CODE, RAM, STACK, HARNESS = 0x5000_0000, 0x6000_0000, 0x6100_0000, 0x6700_0000
STACK_SIZE = 0x8000


class Lx106:
    """An lx106 with code, RAM and a stack."""

    def __init__(self) -> None:
        installed("qemu-system-xtensa", "qemu-system-misc")
        machine = MACHINES["xtensa-lx106"]
        self.gdb = start(machine, self)
        self.harness = Xtensa(self.gdb, machine, HARNESS)

    def load(self, binary: bytes) -> None:
        self.gdb.write(CODE, binary)

    def call(self, address: int, *args: int, limit: int = 100_000_000) -> tuple[int, int]:
        """Return value and instructions."""
        done = self.harness.call(address, args, STACK + STACK_SIZE, limit)
        return done.value, done.instructions

    def stack_peak(self, address: int, *args: int) -> int:
        self.gdb.write(STACK, b"\xa5" * STACK_SIZE)
        self.call(address, *args)
        return len(self.gdb.read(STACK, STACK_SIZE).lstrip(b"\xa5"))
