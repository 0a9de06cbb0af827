"""QEMU's machines as data: what is started, where it has memory, what counts its instructions."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from ..errors import ToolchainFailed

# One instruction takes 2^7 ns of the machine's time, so that a clock of 20 MHz ticks
# more than twice: a tick too many or too few never makes another number of instructions.
_SHIFT = 7


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine and the core in it.

    `memory` are banks of RAM, (address, size). A counter of 32 bits ticks `ticks` times per
    instruction; `counter` is its address, 0 where it is in the core. `package` is what
    Debian calls `program`. `thumb` says that bit 0 of an address of code is set.
    """

    name: str
    program: str
    package: str
    arguments: tuple[str, ...]
    memory: tuple[tuple[int, int], ...]
    ticks: Fraction
    counter: int = 0
    thumb: bool = False

    @property
    def most(self) -> int:
        """The most instructions that the counter tells apart."""
        return int((1 << 32) / self.ticks)

    def has(self, address: int, size: int) -> bool:
        """Whether all of these bytes are memory of one bank."""
        return any(
            start <= address and address + size <= start + length for start, length in self.memory
        )

    def installed(self) -> str:
        """Return the program's path. Raises `ToolchainFailed` where it is not on PATH."""
        program = shutil.which(self.program)
        if program is None:
            raise ToolchainFailed(
                f"{self.program} is not on PATH: code of this core is proven in QEMU, install it"
                f" (Debian and Ubuntu: apt-get install {self.package})"
            )
        return program

    def command(self, gdb: int) -> tuple[str, ...]:
        """Return the command that starts the machine, stopped; its debugger's socket is `gdb`.

        Raises `ToolchainFailed` where the program is not on PATH.
        """
        return (
            self.installed(),
            *self.arguments,
            *("-nodefaults", "-display", "none", "-S"),
            *("-icount", f"shift={_SHIFT}", "-accel", "tcg,tb-size=64"),
            *("-chardev", f"socket,id=gdb,fd={gdb}", "-gdb", "chardev:gdb"),
        )


# Arm AN547: memory map in table 3-1; QEMU's FPGA counter has 20 MHz there. The banks of the
# lx106 are those of its configuration, as `info mtree` of QEMU's monitor shows them.
MACHINES: Mapping[str, Machine] = MappingProxyType(
    {
        "cortex-m55": Machine(
            name="mps3-an547",
            program="qemu-system-arm",
            package="qemu-system-arm",
            arguments=("-M", "mps3-an547"),
            memory=(
                (0x0000_0000, 512 << 10),
                (0x0100_0000, 2 << 20),
                (0x2000_0000, 512 << 10),
                (0x2100_0000, 4 << 20),
                (0x6000_0000, 1 << 30),  # what is above, code must not run in (DDI 0553, B8.1)
            ),
            counter=0x4930_2018,
            ticks=Fraction(20_000_000 << _SHIFT, 10**9),
            thumb=True,
        ),
        "xtensa-lx106": Machine(
            name="sim",
            program="qemu-system-xtensa",
            package="qemu-system-misc",
            arguments=("-M", "sim", "-cpu", "lx106"),
            memory=(
                (0x3FF4_0000, 768 << 10),
                (0x4000_0000, 3 << 20),
                (0x5000_0000, 64 << 20),
                (0x6000_0000, 128 << 20),
            ),
            ticks=Fraction(40_000_000 << _SHIFT, 10**9),  # of CCOUNT
        ),
    }
)
"""By core."""
