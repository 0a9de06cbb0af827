"""Small programs for tests, compiled by an installed GCC as the product would."""

import functools
import subprocess
import tempfile
from pathlib import Path

from compiler.backends.gcc import flags
from compiler.backends.gcc_table import gcc_for
from compiler.elf import read_elf
from compiler.profile import Objective
from compiler.targets import Target
from compiler.toolchain import INCLUDE, STARTUP

from .peers import installed
from .zigcc import SCRIPT, Program

_OBJECTIVES = {"-Os": Objective.FLASH, "-O2": Objective.SPEED}


@functools.cache
def link(
    source: str,
    core: str,
    features: tuple[str, ...] = (),
    *,
    base: int = 0x8000,
    ram: int = 0x2000_0000,
    options: tuple[str, ...] = ("-Os",),
    keep: tuple[str, ...] = (),
) -> Program:
    """Compile C for a core and link it at `base`, .bss at `ram`, with the functions `keep`."""
    target = Target(core, features)
    gcc = gcc_for(target)
    assert gcc is not None
    program = installed(gcc.command, gcc.needs)
    (objective,) = (_OBJECTIVES[option] for option in options)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "program.c").write_text(source)
        (here / "link.ld").write_text(SCRIPT.format(base=base, ram=ram))
        roots = [f"-Wl,-u,{name}" for name in keep]
        command = (
            *(program, *flags(gcc.machine(target), objective)),
            *(*roots, f"-Wl,-e,{keep[0]}", "-isystem", INCLUDE, "-T", "link.ld"),
            *("-o", "program.elf", "program.c", *(STARTUP / name for name in gcc.files), "-lgcc"),
        )
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        data = (here / "program.elf").read_bytes()
    elf = read_elf(data)
    symbols = {symbol.name: symbol.address & ~1 for symbol in elf.symbols()}
    return Program(core, base, elf.flat(base), data, symbols)
