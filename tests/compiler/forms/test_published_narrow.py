"""Law: published models on cores without `dsp` give the interpreter's outputs, within their bounds.

Instructions are bounded by those of the peer, and by what is reached, on Cortex-M0+.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from compiler.build import BuildSpec, build
from compiler.profile import CompileProfile, Objective
from compiler.targets import ImageKind, Slot, Target

pytestmark = [pytest.mark.models, pytest.mark.slow]

PLACE = Slot(0x10_0000, 0x10_0000, 0x2000_0000, 0x4_0000, 0x2010_0000, 0x1000, 0x200)


class Bounds(NamedTuple):
    """Bytes of the arena, for speed or flash and for RAM; instructions, in all and for speed."""

    arena: int
    overlapped: int
    instructions: int
    fast: int


MODELS = {
    "kws_ref_model": Bounds(16_000, 8_640, 29_000_000, 13_300_000),
    "ds_cnn_s_quantized": Bounds(16_000, 8_640, 29_000_000, 13_300_000),
    "vww_96_int8": Bounds(55_296, 37_248, 86_900_000, 21_600_000),
    "pretrainedResnet_quant": Bounds(49_152, 33_792, 97_600_000, 55_000_000),
    "ad01_int8": Bounds(768, 768, 1_760_000, 1_200_000),
    "mnist_0.983_quantized": Bounds(4_320, 3_596, 3_670_000, 1_800_000),
    "rnnoise_INT8": Bounds(1_032, 1_032, 1_260_000, 700_000),
}

ON_CORTEX_M0PLUS = {"vww_96_int8": 18_600_000}
"""Instructions for speed where they are fewer there than elsewhere."""


@pytest.mark.parametrize("objective", Objective, ids=str)
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "rv32imc"])
@pytest.mark.parametrize("name", MODELS)
def test_published_model(
    name: str, core: str, objective: Objective, models: Path, tmp_path: Path
) -> None:
    spec = BuildSpec(
        model=(models / f"{name}.tflite").read_bytes(),
        profile=CompileProfile(Target(core), objective=objective),
        place=PLACE,
        kind=ImageKind.MODULE,
        image_overhead=0,
        vectors=20,
    )
    report = build(spec, tmp_path, lambda _: None).report
    bounds = MODELS[name]
    fast, ram = objective is Objective.SPEED, objective is Objective.RAM
    assert report["ram"]["arena"] <= (bounds.overlapped if ram else bounds.arena)
    fastest = ON_CORTEX_M0PLUS.get(name) if core == "cortex-m0plus" else None
    most = (fastest or bounds.fast) if fast else bounds.instructions
    assert report["verification"]["instructions"] <= most
    assert report["ram"]["stack_bound"] <= 512
