"""Kernels and start-up code have no warnings of GCC either, on each instruction set."""

import subprocess
from pathlib import Path

import pytest

from compiler.backends.gcc import flags
from compiler.backends.gcc_table import gcc_for
from compiler.profile import Objective
from compiler.targets import Target
from compiler.toolchain import INCLUDE, STARTUP
from tests.peers import installed

pytestmark = pytest.mark.interop

KERNELS = STARTUP.parent / "kernels"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
# Families of kernels that take instructions which not every core has.
PARTICULAR = {"dsp", "mve"}


@pytest.mark.parametrize(
    "name",
    [
        "cortex-m0plus",
        "cortex-m3",
        "cortex-m33+dsp+fpv5-sp",
        "cortex-m55+dsp+fpv5-d16+mve",
        "xtensa-lx106",
    ],
)
@pytest.mark.parametrize("objective", [Objective.FLASH, Objective.SPEED])
def test_gcc_warns_of_nothing(name: str, objective: Objective, tmp_path: Path) -> None:
    core, *features = name.split("+")
    target = Target(core, tuple(features))
    gcc = gcc_for(target)
    command = installed(gcc.command, gcc.needs)
    families = [folder for folder in KERNELS.iterdir() if folder.is_dir()]
    without = PARTICULAR - set(features)
    folders = [KERNELS, *(folder for folder in families if folder.name not in without)]
    own = [STARTUP / file for file in gcc.files]
    sources = [*(file for folder in folders for file in sorted(folder.glob("*.c"))), *own]
    told = [flag for flag in flags(gcc.machine(target), objective) if flag != "-w"]
    included = [part for folder in folders for part in ("-I", str(folder))]
    done = subprocess.run(
        [command, *told, *WARNINGS, "-isystem", INCLUDE, *included, "-c", *sources],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
