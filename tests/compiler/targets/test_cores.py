"""Cores: served ones are complete, the others say what would serve them."""

import pytest

from compiler.backends import BACKENDS
from compiler.targets.core import cores, emulated_as
from compiler.targets.target import Target

SERVED = {
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "rv32imc",
    "rv32imac",
    "xtensa-lx106",
    "xtensa-lx6",
    "xtensa-lx7",
    "host",
}


def test_the_served_cores_are_these() -> None:
    assert {name for name, core in cores().items() if core.backend} == SERVED


@pytest.mark.parametrize("core", cores().values(), ids=lambda core: core.name)
def test_a_core_names_who_serves_it_or_what_would(core) -> None:
    if core.backend is None:
        assert core.needs
    else:
        assert core.backend in BACKENDS
        assert (core.backend == "native") == bool(core.triple) == bool(core.cpu)
    assert core.hard_float <= set(core.features)
    assert set(core.usual) <= set(core.features)
    assert core.emulated in ("", *cores())


@pytest.mark.parametrize(
    ("core", "features", "triple", "cpu"),
    [
        ("cortex-m0plus", (), "thumb-freestanding-eabi", "cortex_m0plus"),
        ("cortex-m4", ("dsp",), "thumb-freestanding-eabi", "cortex_m4"),
        ("cortex-m4", ("dsp", "fpv4-sp"), "thumb-freestanding-eabihf", "cortex_m4+vfp4d16sp"),
        ("cortex-m7", ("dsp", "fpv5-d16"), "thumb-freestanding-eabihf", "cortex_m7+fp_armv8d16"),
        (
            "cortex-m33",
            ("dsp", "fpv5-sp"),
            "thumb-freestanding-eabihf",
            "cortex_m33+dsp+fp_armv8d16sp",
        ),
        (
            "cortex-m55",
            ("dsp", "fpv5-d16", "mve"),
            "thumb-freestanding-eabihf",
            "cortex_m55+fp_armv8d16+mve",
        ),
        ("cortex-m55", ("mve",), "thumb-freestanding-eabi", "cortex_m55+mve"),
        ("rv32imc", (), "riscv32-freestanding-none", "generic_rv32+m+c+relax"),
    ],
)
def test_features_become_the_compilers_words(core, features, triple, cpu) -> None:
    row = cores()[core]
    assert row.target_triple(features) == triple
    assert row.cpu_with(features) == cpu
    assert row.passes_floats_in_registers(features) is triple.endswith("hf")


def test_the_emulator_runs_a_core_under_the_name_it_has_there() -> None:
    assert emulated_as(Target("rv32imac")) == Target("rv32imc")
    assert emulated_as(Target("cortex-m0")) == Target("cortex-m0plus")
    assert emulated_as(Target("cortex-m4", ("dsp",))) == Target("cortex-m4", ("dsp",))
    assert emulated_as(Target("never-heard-of")) == Target("never-heard-of")
