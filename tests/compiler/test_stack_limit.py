"""Law: no kernel on a core of Arm or RISC-V needs more stack than leaves 512 B to a whole run."""

import pytest

from compiler.elf import read_elf
from compiler.profile import Objective
from compiler.stack import stack_bound
from compiler.targets import Target

from .emulated_kernels import linked

MOST = 512
CALLERS = 64
"""Bytes that `tml_run` and an operator's function take at most before they call a kernel."""

pytestmark = pytest.mark.slow

M4, M7, M33 = ("dsp", "fpv4-sp"), ("dsp", "fpv5-sp"), ("dsp", "fpv5-sp")


@pytest.mark.parametrize("objective", [Objective.FLASH, Objective.SPEED])
@pytest.mark.parametrize(
    ("core", "features", "families"),
    [
        ("cortex-m0plus", (), ()),
        ("cortex-m3", (), ()),
        ("cortex-m4", M4, ("dsp",)),
        ("cortex-m7", M7, ("dsp",)),
        ("cortex-m33", M33, ("dsp",)),
        ("cortex-m55", ("dsp", "fpv5-d16", "mve"), ("dsp", "mve")),
        ("rv32imc", (), ()),
    ],
)
def test_kernels_leave_stack_to_their_callers(
    core: str,
    features: tuple[str, ...],
    families: tuple[str, ...],
    objective: Objective,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    image = linked(tmp_path_factory, Target(core, features), objective, families)
    symbols = read_elf(image).symbols()
    kernels = [s.name for s in symbols if s.section == ".text" and s.name.startswith("tml_")]
    assert len(kernels) > 50
    assert stack_bound(image, kernels, core) <= MOST - CALLERS
