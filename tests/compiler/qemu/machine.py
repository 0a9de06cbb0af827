"""A machine in QEMU with code of ours, for tests that need no model."""

from typing import ClassVar

from compiler.qemu.cortex_m import CortexM
from compiler.qemu.gdb import Gdb
from compiler.qemu.harness import Harness
from compiler.qemu.machine import MACHINES
from compiler.qemu.process import start
from device_sim.mcu import Region

from ...peers import installed

FEATURES = ("dsp", "fpv5-d16", "mve")
CODE, RAM, STACK, HARNESS = 0x6000_0000, 0x7000_0000, 0x7800_0000, 0x7F00_0000
RAM_SIZE = 0x10_0000
STACK_SIZE = 0x8000


class Program:
    """Code on a machine, which has a stack of `STACK_SIZE` bytes from `stack` on."""

    gdb: Gdb
    harness: Harness
    stack: ClassVar[int]

    def call(self, address: int, *args: int, limit: int = 100_000_000) -> tuple[int, int]:
        """Return value and instructions."""
        done = self.harness.call(address, args, self.stack + STACK_SIZE, limit)
        return done.value, done.instructions

    def stack_peak(self, address: int, *args: int) -> int:
        self.gdb.write(self.stack, b"\xa5" * STACK_SIZE)
        self.call(address, *args)
        return len(self.gdb.read(self.stack, STACK_SIZE).lstrip(b"\xa5"))


class M55(Program):
    """A Cortex-M55 with code, RAM and a stack; bounded once code was loaded."""

    stack = STACK

    def __init__(self) -> None:
        installed("qemu-system-arm", "qemu-system-arm")
        machine = MACHINES["cortex-m55"]
        self.gdb = start(machine, self)
        self.harness = CortexM(self.gdb, machine, HARNESS)

    def load(self, binary: bytes, *, exact: bool = False) -> None:
        self.gdb.write(CODE, binary)
        regions = [
            Region.code("code", CODE, len(binary)),
            Region.ram("ram", RAM, RAM_SIZE),
            Region.ram("stack", STACK, STACK_SIZE),
        ]
        self.harness.bound(regions, exact=exact)
