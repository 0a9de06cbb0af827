"""Law: published models on cores with `dsp` give the interpreter's outputs, within their bounds.

Arenas are those of the best plan of whole tensors, and for RAM those of rows that overlap.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from compiler.build import BuildSpec, build
from compiler.profile import CompileProfile, Objective
from compiler.targets import ImageKind, Slot, Target

pytestmark = [pytest.mark.models, pytest.mark.slow]

PLACE = Slot(0x10_0000, 0x10_0000, 0x2000_0000, 0x4_0000, 0x2010_0000, 0x1000, 0x200)
CORES = {
    "cortex-m4": ("dsp", "fpv4-sp"),
    "cortex-m7": ("dsp", "fpv5-sp"),
    "cortex-m33": ("dsp", "fpv5-sp"),
}


class Bounds(NamedTuple):
    """Bytes of the arena, for speed or flash and for RAM; instructions, and those for speed."""

    arena: int
    overlapped: int
    instructions: int
    fastest: int


MODELS = {
    "kws_ref_model": Bounds(16_000, 8_640, 7_700_000, 4_000_000),
    "ds_cnn_s_quantized": Bounds(16_000, 8_640, 7_700_000, 4_000_000),
    "vww_96_int8": Bounds(55_296, 37_248, 24_100_000, 6_000_000),
    "pretrainedResnet_quant": Bounds(49_152, 33_792, 29_900_000, 18_000_000),
    "ad01_int8": Bounds(768, 768, 583_000, 400_000),
    "mnist_0.983_quantized": Bounds(4_320, 3_596, 1_570_000, 550_000),
    "rnnoise_INT8": Bounds(1_032, 1_032, 431_000, 220_000),
}


@pytest.mark.parametrize("objective", Objective, ids=str)
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", MODELS)
def test_published_model(
    name: str, core: str, objective: Objective, models: Path, tmp_path: Path
) -> None:
    target = Target(core, CORES[core])
    spec = BuildSpec(
        model=(models / f"{name}.tflite").read_bytes(),
        profile=CompileProfile(target, objective=objective),
        place=PLACE,
        kind=ImageKind.MODULE,
        image_overhead=0,
        vectors=20,
    )
    report = build(spec, tmp_path, lambda _: None).report
    bounds = MODELS[name]
    ram = objective is Objective.RAM
    assert report["ram"]["arena"] <= (bounds.overlapped if ram else bounds.arena)
    # The aims are those of one core; scheduled for another, code has some instructions more.
    aimed = objective is Objective.SPEED and core == "cortex-m4"
    limit = bounds.fastest if aimed else bounds.instructions
    assert report["verification"]["instructions"] <= limit
    assert report["ram"]["stack_bound"] <= 512
