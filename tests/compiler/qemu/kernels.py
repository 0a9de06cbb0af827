"""Kernels on a Cortex-M55 in QEMU: many calls through one process, memory around fenced."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.elf import Elf
from compiler.machine import Machine
from compiler.profile import CompileProfile, Objective
from compiler.targets.target import Target
from device_sim.mcu import Region

from ..emulated_kernels import ARGUMENTS, CODE, chosen_by, link
from ..kernel_call import Kernels
from .machine import FEATURES, M55, RAM, STACK, STACK_SIZE

_FENCES = [Region.ram(f"fence {i}", RAM + i * 0x20_0000, 0x8_0000) for i in range(11)]
_LIMIT = 200_000_000


class QemuCore:
    """An image on a core in QEMU; a byte too far ends the call, and with it the machine."""

    def __init__(self, image: Elf) -> None:
        self._m55 = M55()
        binary = image.flat(CODE)
        self._m55.gdb.write(CODE, binary)
        code = Region.code("code", CODE, len(binary))
        stack = Region.ram("stack", STACK, STACK_SIZE)
        self._m55.harness.bound([code, stack, *_FENCES], exact=True)
        self._functions = {symbol.name: symbol.address | 1 for symbol in image.symbols()}
        self._used = 0
        self.instructions = 0
        """Of the latest call, those of the caller included."""

    def clear(self) -> None:
        self._used = 0

    def place(self, data: bytes) -> int:
        fence = _FENCES[self._used]
        self._used += 1
        address = fence.end - len(data)
        if len(data) % 4 == 0:
            address &= ~3
        self._m55.gdb.write(address, data)
        return address

    def read(self, address: int, size: int) -> bytes:
        return self._m55.gdb.read(address, size)

    def call(self, function: str, arguments: Sequence[int | None]) -> None:
        words = [argument or 0 for argument in arguments]
        data = b"".join(word.to_bytes(4, "little") for word in words)
        self._m55.gdb.write(STACK, data.ljust(4 * ARGUMENTS, b"\0"))
        caller, entry = self._functions["test_call"], self._functions[function]
        _, self.instructions = self._m55.call(caller, entry, STACK, limit=_LIMIT)


@cache
def m55_kernels(objective: Objective) -> tuple[Kernels, QemuCore]:
    """Return kernels that compute each graph by the form that a build would choose."""
    target = Target("cortex-m55", FEATURES)
    machine = Machine.of(CompileProfile(target, objective=objective))
    with TemporaryDirectory() as folder:
        core = QemuCore(link(target, objective, ("mve", "proven"), Path(folder)))
    return Kernels(core, chosen_by(machine)), core
