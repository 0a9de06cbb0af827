"""An lx106 in QEMU with code of ours, for tests that need no model."""

from compiler.qemu.machine import MACHINES
from compiler.qemu.process import start
from compiler.qemu.xtensa import Xtensa

from ...peers import installed
from .machine import Program

CODE, RAM, STACK, HARNESS = 0x5000_0000, 0x6000_0000, 0x6100_0000, 0x6700_0000


class Lx106(Program):
    """An lx106 with code, RAM and a stack."""

    stack = STACK

    def __init__(self) -> None:
        installed("qemu-system-xtensa", "qemu-system-misc")
        machine = MACHINES["xtensa-lx106"]
        self.gdb = start(machine, self)
        self.harness = Xtensa(self.gdb, machine, HARNESS)

    def load(self, binary: bytes) -> None:
        self.gdb.write(CODE, binary)
