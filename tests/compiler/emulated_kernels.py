"""Kernels on an emulated core: all that it can run, in one image with a symbol table."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import pytest

from compiler import toolchain
from compiler.backends import zig
from compiler.elf import Elf, read_elf
from compiler.forms import choose
from compiler.graph import Graph, Operator
from compiler.machine import Machine
from compiler.ops.call import Lowered
from compiler.profile import CompileProfile, Objective
from compiler.targets.target import Target
from compiler.toolchain import OPTIMISATION
from device_sim.mcu import Mcu, Region

from .kernel_call import Kernels
from .made_once import made_once

CODE = 0x1000
_FENCES = range(0x2000_0000, 0x20D0_0000, 0x10_0000)
_FENCE = 0x8_0000
_STACK = Region.ram("stack", 0x3000_0000, 0x1000)
_WORDS = Region.ram("words", 0x3100_0000, 0x400)
_LIMIT = 200_000_000

ARGUMENTS = 9
"""The most that a kernel takes; by the procedure call standards it may take fewer."""

# An emulated call passes four words, a kernel takes more.
_CALLER = f"""\
#include <stdint.h>

typedef void kernel({", ".join(["uintptr_t"] * ARGUMENTS)});

void test_call(uintptr_t function, const uintptr_t *a);
void test_call(uintptr_t function, const uintptr_t *a)
{{
    ((kernel *)function)({", ".join(f"a[{i}]" for i in range(ARGUMENTS))});
}}
"""

_SCRIPT = f"""\
MEMORY {{ code (rx) : ORIGIN = {CODE:#x}, LENGTH = 0x100000 }}
ENTRY(test_call)
SECTIONS
{{
  .text ORIGIN(code) :
  {{
    KEEP(*(.text.test_call .text.tml_*))
    *(.text .text.*)
    . = ALIGN(16);
  }} > code
  .rodata : {{ *(.rodata .rodata.* .data.rel.ro .data.rel.ro.*) }} > code
  .data : {{ *(.data .data.* .bss .bss.*) }} > code
  ASSERT ( SIZEOF(.data) == 0 , "kernels have no writable data" )
  /DISCARD/ : {{ *(.ARM.exidx*) *(.ARM.attributes) *(.comment) }}
}}
"""


def kernel_texts(families: Sequence[str]) -> dict[str, str]:
    """Return the kernels that any machine may be given and those of some families, by file name."""
    folder = Path(str(files("compiler"))) / "kernels"
    places = (folder, *(folder / family for family in ("narrow", "proven", "scalar", *families)))
    return {p.name: p.read_text("utf-8") for place in places for p in place.glob("*.[ch]")}


_IMAGE = "image.elf"


def linked(
    factory: pytest.TempPathFactory, target: Target, objective: Objective, families: Sequence[str]
) -> bytes:
    """Return the ELF file of `link`, made once for a core and an optimisation."""
    name = "-".join((target.name, OPTIMISATION[objective].strip("-"), *families))
    folder = made_once(factory, name, partial(link, target, objective, families))
    return (folder / _IMAGE).read_bytes()


def link(target: Target, objective: Objective, families: Sequence[str], folder: Path) -> Elf:
    """Return the image of all kernels, compiled as a model's are."""
    texts = kernel_texts(families)
    toolchain.write_sources(texts | {"caller.c": _CALLER, "image.ld": _SCRIPT}, folder)
    argv = zig.link_argv(
        target,
        objective,
        sources=["caller.c", *sorted(name for name in texts if name.endswith(".c"))],
        output=_IMAGE,
        script="image.ld",
        folder=folder,
    )
    zig.run(argv, folder)
    return read_elf((folder / _IMAGE).read_bytes())


class EmulatedCore:
    """An image on an emulated core, in memory of which all around is fenced."""

    def __init__(self, target: Target, image: Elf) -> None:
        binary = image.flat(CODE)
        code = Region.code("code", CODE, -(-len(binary) // 0x1000) * 0x1000)
        self._fences = [Region.ram(f"fence {at:#x}", at, _FENCE) for at in _FENCES]
        self._mcu = Mcu(target.core, target.features, [code, _STACK, _WORDS, *self._fences])
        self._mcu.write(CODE, binary)
        thumb = 0 if target.core.startswith("rv") else 1
        self._functions = {s.name: s.address | thumb for s in image.symbols()}
        self._used = 0
        self.instructions = 0
        """Of the latest call, those of the caller included."""

    def clear(self) -> None:
        self._used = 0

    def place(self, data: bytes) -> int:
        fence = self._fences[self._used]
        self._used += 1
        assert len(data) <= fence.size
        address = fence.end - len(data)
        if len(data) % 4 == 0:
            address &= ~3
        if data:
            self._mcu.write(address, data)
        return address

    def read(self, address: int, size: int) -> bytes:
        return self._mcu.read(address, size)

    def call(self, function: str, arguments: Sequence[int | None]) -> None:
        words = [argument or 0 for argument in arguments]
        assert len(words) <= ARGUMENTS
        data = b"".join(word.to_bytes(4, "little") for word in words)
        self._mcu.write(_WORDS.address, data.ljust(4 * ARGUMENTS, b"\0"))
        entry = self._functions[function]
        caller = self._functions["test_call"]
        result = self._mcu.call(caller, [entry, _WORDS.address], _STACK.end, _LIMIT)
        self.instructions = result.instructions


class EmulatedKernels(Protocol):
    """Makes kernels for a core: its name, its features, what to be good at, and forms' families."""

    def __call__(
        self, core: str, features: tuple[str, ...], objective: Objective, *families: str
    ) -> Kernels: ...


@pytest.fixture(scope="session")
def emulated_kernels(tmp_path_factory: pytest.TempPathFactory) -> EmulatedKernels:
    """Return what makes kernels of some families, linked once for a core and an optimisation.

    A graph is computed by the form that a build would choose.
    """
    made: dict[tuple[object, ...], Kernels] = {}

    def make(core: str, features: tuple[str, ...], objective: Objective, *families: str) -> Kernels:
        key = (core, features, objective, families)
        if key not in made:
            target = Target(core, features)
            image = read_elf(linked(tmp_path_factory, target, objective, families))
            machine = Machine.of(CompileProfile(target, objective=objective))
            made[key] = Kernels(EmulatedCore(target, image), chosen_by(machine))
        return made[key]

    return make


def chosen_by(machine: Machine) -> Callable[[Graph, Operator], Lowered]:
    """Return the lowering to the form that is chosen for `machine`."""
    return partial(_chosen, machine)


def _chosen(machine: Machine, graph: Graph, operator: Operator) -> Lowered:
    return choose(graph, operator, machine)[1]
