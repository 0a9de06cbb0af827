"""Builds from end to end: the starter model, compiled, proven and told of."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from compiler.artifact import read_artifact
from compiler.build import BuildSpec, Built, build, build_first_fit, build_key
from compiler.errors import DoesNotFit, InvalidModel
from compiler.job import job_to_json
from compiler.profile import Limits, Objective, choose_profile
from compiler.targets import ImageKind, Target, default_firmware_map, default_slot

DIGITS = Path(str(files("firmware_store"))) / "starter" / "digits" / "model.tflite"
OVERHEAD = 300

# With every commit, one of each instruction set, and of each way to start a firmware.
TARGETS = ["cortex-m0plus", "cortex-m4", "rv32imc"]
AS_FIRMWARE = ["cortex-m4+dsp+fpv4-sp", "rv32imc"]
# Cores between those, and twins of which another is emulated.
MORE = [
    *("cortex-m3", "cortex-m4+dsp+fpv4-sp", "cortex-m33+dsp+fpv5-sp", "cortex-m7+dsp+fpv5-sp"),
    *("cortex-m0", "rv32imac"),
]
MORE_AS_FIRMWARE = ["cortex-m0plus", "cortex-m33+dsp+fpv5-sp"]


def specs(
    target: str,
    *,
    ram: int | None = None,
    flash: int | None = None,
    objective: Objective | None = None,
    kind: ImageKind = ImageKind.MODULE,
) -> list[BuildSpec]:
    """Return the builds to try for a target at its default place, as the command line does."""
    core, *features = target.split("+")
    goal = Target(core, tuple(features))
    place = default_slot if kind is ImageKind.MODULE else default_firmware_map
    return [
        BuildSpec(DIGITS.read_bytes(), profile, place(goal, ram, flash), kind, OVERHEAD)
        for profile in choose_profile(goal, Limits(flash=flash, ram=ram), objective)
    ]


@cache
def built(spec: BuildSpec) -> tuple[Built, tuple[str, ...]]:
    """Build once and return what came of it, with all that was said meanwhile."""
    said: list[str] = []
    with TemporaryDirectory() as folder:
        return build(spec, Path(folder), said.append), tuple(said)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        *((target, ImageKind.MODULE) for target in TARGETS),
        *((target, ImageKind.FIRMWARE) for target in AS_FIRMWARE),
        *(pytest.param(one, ImageKind.MODULE, marks=pytest.mark.slow) for one in MORE),
        *(
            pytest.param(one, ImageKind.FIRMWARE, marks=pytest.mark.slow)
            for one in MORE_AS_FIRMWARE
        ),
    ],
)
def test_a_model_is_built_and_proven(target, kind) -> None:
    spec = specs(target, kind=kind)[0]
    done, _ = built(spec)
    report = done.report
    assert report["verification"]["mismatches"] == 0
    assert report["verification"]["vectors"] == len(done.vectors) == 8
    assert report["instructions_per_inference"] > 0
    assert done.key == report["build_key"] == build_key(spec)
    assert done.target == report["target"]["name"] == spec.profile.target.name
    assert json.loads(json.dumps(report)) == report
    assert report["flash"]["total"] == len(done.binary) + OVERHEAD
    parts = report["flash"]["by_part"]
    assert sum(parts.values()) == len(done.binary)
    assert parts["operators"] >= report["flash"]["constants"]
    assert all(fit["headroom"] >= 0 for fit in report["fit"]["resources"])


@pytest.mark.parametrize(("target", "data"), [("cortex-m4", 0x6001_0000), ("rv32imc", 0x3C01_0000)])
def test_constants_are_read_where_the_slot_is_read_as_data(target, data) -> None:
    spec = specs(target)[0]
    there = replace(spec, place=replace(spec.place, data=data))
    here, elsewhere = (built(one)[0] for one in (spec, there))
    assert elsewhere.report["verification"]["mismatches"] == 0
    assert elsewhere.binary != here.binary


def test_the_table_tells_the_stack_bound_that_the_report_tells() -> None:
    done, _ = built(specs("cortex-m4")[0])
    (told,) = struct.unpack_from("<I", done.binary, 20)
    assert told == done.report["ram"]["stack_bound"] > 0
    assert done.report["verification"]["stack_peak"] <= told


def test_a_model_is_built_for_the_host() -> None:
    done, _ = built(specs("host")[0])
    assert done.report["verification"]["mismatches"] == 0
    assert done.binary.startswith(b"\x7fELF")


@pytest.mark.slow
@pytest.mark.parametrize("objective", Objective)
def test_equal_specs_give_equal_builds(tmp_path, objective) -> None:
    spec = specs("cortex-m4+dsp+fpv4-sp", objective=objective)[0]
    assert built(spec)[0] == build(spec, tmp_path / "elsewhere", [].append)


def test_a_build_says_what_it_does() -> None:
    _, said = built(specs("cortex-m4")[0])
    assert said[:3] == ("reading the model", "planning memory", "compiling and linking")


def smallest() -> int:
    """Return the RAM of the last profile that is tried, the smallest."""
    report, _ = built(specs("cortex-m4", objective=Objective.RAM)[0])
    return report.report["ram"]["total"]


@pytest.mark.slow
def test_what_needs_too_much_ram_ends_before_anything_runs(tmp_path) -> None:
    said: list[str] = []
    needed = smallest()
    with pytest.raises(DoesNotFit) as caught:
        build_first_fit(specs("cortex-m4", ram=needed - 1), tmp_path / "b", said.append)
    assert caught.value.missing == 1
    assert caught.value.available == needed - 1
    assert "of the smallest plan found needs" in str(caught.value)
    assert said[-1] == "too large for ram, trying on"
    assert not any("vector" in words for words in said)


def test_what_fits_to_the_byte_is_built(tmp_path) -> None:
    report = built(specs("cortex-m4")[0])[0].report
    limits = {"ram": report["ram"]["total"], "flash": report["flash"]["total"]}
    done = build_first_fit(specs("cortex-m4", **limits), tmp_path / "b", [].append)
    assert {fit["headroom"] for fit in done.report["fit"]["resources"]} >= {0}


def test_constants_that_cannot_fit_are_not_even_compiled(tmp_path) -> None:
    said: list[str] = []
    with pytest.raises(DoesNotFit, match="constants alone"):
        build(specs("cortex-m4", flash=1024)[0], tmp_path, said.append)
    assert "compiling and linking" not in said


def test_a_later_profile_is_tried_where_the_first_does_not_fit(tmp_path) -> None:
    fast, small, *_ = specs("cortex-m4", objective=Objective.SPEED)
    sizes = [built(spec)[0].report["flash"]["total"] for spec in (fast, small)]
    assert sizes[1] < sizes[0]
    limited = [
        replace(spec, profile=replace(spec.profile, limits=Limits(flash=sizes[1])))
        for spec in (fast, small)
    ]
    done = build_first_fit(limited, tmp_path / "first", [].append)
    assert done.report["objective"] == "flash"


def test_what_is_no_model_ends_at_once(tmp_path) -> None:
    with pytest.raises(InvalidModel):
        build_first_fit(
            [replace(spec, model=b"no model") for spec in specs("cortex-m4")],
            tmp_path,
            [].append,
        )


def test_a_worker_builds_what_the_server_would_have_built(tmp_path) -> None:
    spec = specs("rv32imc")[0]
    job = job_to_json(spec, DIGITS, tmp_path / "out")
    done = subprocess.run(
        (sys.executable, "-m", "compiler.worker"),
        input=json.dumps(job).encode(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    *progress, last = (json.loads(line) for line in done.stdout.splitlines())
    assert {"progress": "planning memory"} in progress
    assert last["ok"] is True
    assert read_artifact(tmp_path / "out", last) == built(spec)[0]
    assert not (tmp_path / "out" / ".work").exists()
