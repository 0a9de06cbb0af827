"""Small programs for tests, compiled with the toolchain that users have."""

import functools
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from compiler.elf import read_elf
from compiler.targets.core import cores
from device_sim.mcu.hook import cache_folder

# Without -g the linker would leave symbols out.
FLAGS = (
    "-ffreestanding",
    "-nostdlib",
    "-rtlib=compiler-rt",
    "-std=c11",
    "-g1",
    "-Wall",
    "-Werror",
    "-fno-sanitize=all",
)
SCRIPT = """\
SECTIONS
{{
  . = {base:#x};
  .text : {{ KEEP(*(.first)) *(.literal .literal.*) *(.text .text.*) *(.rodata .rodata.*) }}
  . = {ram:#x};
  .bss : {{ *(.bss .bss.* .sbss .sbss.*) }}
  /DISCARD/ : {{ *(.ARM.exidx* .comment .note* .eh_frame*) }}
}}
"""

#: Every core with all the features it can have, as (core, features).
CORES = (
    ("cortex-m0plus", ()),
    ("cortex-m3", ()),
    ("cortex-m4", ("dsp", "fpv4-sp")),
    ("cortex-m7", ("dsp", "fpv5-d16")),
    ("cortex-m33", ("dsp", "fpv5-sp")),
    ("rv32imc", ()),
)


@dataclass(frozen=True, slots=True)
class Program:
    """A linked program: flat bytes from `base`, symbol addresses (Thumb bit not set)."""

    core: str
    base: int
    binary: bytes = field(repr=False)
    elf: bytes = field(repr=False)
    symbols: dict[str, int] = field(repr=False)

    def entry(self, name: str) -> int:
        """Return the address to call."""
        return self.symbols[name] | self.core.startswith("cortex")


def environment() -> dict[str, str]:
    """Return the environment that keeps the compiler's cache where users have it."""
    zig = str(cache_folder() / "zig")
    return os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}


def zig(*arguments: str, cwd: Path) -> None:
    """Run the C compiler; its complaints fail the test."""
    command = [sys.executable, "-m", "ziglang", "cc", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


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
    row = cores()[core]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "program.c").write_text(source)
        (here / "link.ld").write_text(SCRIPT.format(base=base, ram=ram))
        roots = [f"-Wl,-u,{name}" for name in keep]
        zig(
            *("-target", row.target_triple(features), f"-mcpu={row.cpu_with(features)}"),
            *(*FLAGS, *options, "-ffunction-sections", "-Wl,--gc-sections", *roots),
            *("-Wl,-T,link.ld", f"-Wl,-e,{keep[0]}", "-Wl,-z,max-page-size=4"),
            *("-o", "program.elf", "program.c"),
            cwd=here,
        )
        data = (here / "program.elf").read_bytes()
    elf = read_elf(data)
    symbols = {symbol.name: symbol.address & ~1 for symbol in elf.symbols()}
    return Program(core, base, elf.flat(base), data, symbols)
