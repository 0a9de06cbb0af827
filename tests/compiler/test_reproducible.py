"""Law: what a build yields depends on its spec and this installation, and on nothing else.

The image, the report, the vectors and the C are the same bytes in whatever folder, language and
temper of the interpreter's hashes it runs, and whether its compiler's cache is warm.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.job import job_to_json
from compiler.profile import Objective, choose_profile
from compiler.spec import BuildSpec
from compiler.targets import ImageKind, Target, cores, default_slot

from .test_build import DIGITS

pytestmark = pytest.mark.slow

CORES = ["cortex-m4", "rv32imc", "host"]
HERE = {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"}
# A locale that is not installed counts as C; its encoding and its i without a dot are known
# to Python all the same.
ELSEWHERE = {"PYTHONHASHSEED": "4711", "LC_ALL": "tr_TR.ISO-8859-9", "TZ": "Asia/Kathmandu"}


def yielded(spec: BuildSpec, folder: Path, **environment: str) -> dict[str, bytes]:
    """Return all files that a process of its own, started in `folder`, leaves of a build."""
    folder.mkdir(parents=True)
    model, out = folder / "model.tflite", folder / "out"
    model.write_bytes(spec.model)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "compiler.worker"],
        input=json.dumps(job_to_json(spec, model, out)).encode(),
        capture_output=True,
        cwd=folder,
        env=os.environ | environment,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1])["ok"], done.stdout
    return {str(f.relative_to(out)): f.read_bytes() for f in out.rglob("*") if f.is_file()}


def spec_of(model: Path, core: str, objective: Objective | None = None) -> BuildSpec:
    target = Target(core, cores()[core].usual)
    profile = choose_profile(target, objective=objective)[0]
    return BuildSpec(model.read_bytes(), profile, default_slot(target), ImageKind.MODULE, 0, 8)


def require_equal(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert one.keys() == other.keys() >= {"binary.bin", "report.json", "vectors.cbor"}
    assert any(name.endswith(".c") for name in one)
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("core", CORES)
def test_equal_specs_give_equal_bytes_anywhere(core: str, tmp_path: Path) -> None:
    spec, cold = spec_of(DIGITS, core), tmp_path / "cold"
    here = yielded(spec, tmp_path / "a", **HERE)
    far = tmp_path / "somewhere else" / "much" / "deeper"
    elsewhere = yielded(spec, far, **ELSEWHERE, TINYMLAAS_CACHE=str(cold))
    assert any(cold.rglob("*")), "its cache was not made"
    require_equal(here, elsewhere)
    assert not [name for name, data in here.items() if str(tmp_path).encode() in data]


@pytest.mark.models
@pytest.mark.parametrize("objective", Objective, ids=str)
@pytest.mark.parametrize("name", ["vww_96_int8", "rnnoise_INT8", "mnist_0.983_quantized"])
def test_plans_and_passes_draw_no_lots(
    name: str, objective: Objective, models: Path, tmp_path: Path
) -> None:
    spec = spec_of(models / f"{name}.tflite", "cortex-m4", objective)
    here = yielded(spec, tmp_path / "a", **HERE)
    require_equal(here, yielded(spec, tmp_path / "b" / "c", **ELSEWHERE))
