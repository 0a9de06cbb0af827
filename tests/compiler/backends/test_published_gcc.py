"""Law: published models compiled by GCC give the interpreter's bits, inside their bounds."""

from pathlib import Path

import pytest

from compiler.backends import BACKENDS
from compiler.build import BuildSpec, build
from compiler.profile import choose_profile
from compiler.targets import ImageKind, Target, default_slot
from tests.peers import absent

pytestmark = [pytest.mark.models, pytest.mark.interop]

CORES = ["cortex-m4", "cortex-m0plus"]
MODELS = ["kws_ref_model", "mnist_0.983_quantized", "ad01_int8", "rnnoise_INT8"]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("model", MODELS)
def test_a_published_model_is_compiled_by_gcc_and_proven(
    model: str, core: str, models: Path, tmp_path: Path
) -> None:
    target = Target(core)
    profile = choose_profile(target, backend="gcc")[0]
    if lacking := BACKENDS["gcc"].lacks(target):
        absent(lacking)
    data = (models / f"{model}.tflite").read_bytes()
    spec = BuildSpec(data, profile, default_slot(target), ImageKind.MODULE, 300, vectors=5)
    report = build(spec, tmp_path, [].append).report
    assert report["verification"]["mismatches"] == 0
    assert 0 < report["verification"]["stack_peak"] <= report["ram"]["stack_bound"]
    assert report["toolchain"].startswith("arm-none-eabi-gcc")
    assert report["backend"] == "gcc"
    assert all(operator["instructions"] > 0 for operator in report["operators"])
