"""Jobs and errors survive the way to the building process and back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.errors import CompileError, DoesNotFit, InvalidModel, NoBackend, VerificationFailed
from compiler.job import (
    BuildJob,
    CheckJob,
    check_to_json,
    error_from_json,
    error_to_json,
    job_from_json,
    job_to_json,
    summary_from_json,
    summary_to_json,
)
from compiler.summary import ModelSummary
from compiler.targets import ImageKind


@pytest.fixture
def job(spec, tmp_path):
    (tmp_path / "model.tflite").write_bytes(spec.model)
    return job_to_json(spec, tmp_path / "model.tflite", tmp_path / "out")


def test_a_job_comes_back_as_it_was(spec, job, tmp_path) -> None:
    assert job_from_json(json.loads(json.dumps(job))) == BuildJob(spec, tmp_path / "out")


def test_a_firmwares_job_comes_back_as_it_was(spec, firmware_place, tmp_path) -> None:
    spec = replace(spec, kind=ImageKind.FIRMWARE, place=firmware_place)
    (tmp_path / "m").write_bytes(spec.model)
    job = job_to_json(spec, tmp_path / "m", tmp_path)
    assert job_from_json(json.loads(json.dumps(job))) == BuildJob(spec, tmp_path)


def test_a_check_comes_back_as_it_was(tmp_path) -> None:
    (tmp_path / "m").write_bytes(b"model")
    job = check_to_json(tmp_path / "m")
    assert job_from_json(json.loads(json.dumps(job))) == CheckJob(b"model")


def test_a_summary_comes_back_as_it_was() -> None:
    summary = ModelSummary(("int8[1,2]",), ("float32[]",), {"ADD": 2}, 1 << 40, 7)
    assert summary_from_json(json.loads(json.dumps(summary_to_json(summary)))) == summary


@pytest.mark.parametrize("line", [{}, {"summary": 7}, {"summary": {"inputs": [1]}}])
def test_a_summary_that_is_none_is_an_error(line) -> None:
    with pytest.raises(CompileError, match="the last line of the job"):
        summary_from_json(line)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["task"], "sing", "job: task must be one of build, check"),
        (["model"], 7, "job: model must be str, not 7"),
        (["model"], "/nowhere/m.tflite", "the model cannot be read"),
        (["kind"], "sermon", "kind must be one of module, firmware"),
        (["kind"], "firmware", "job.place.slot must be a JSON object"),
        (["place"], None, "job.place must be a JSON object"),
        (["place", "load"], -1, "load is -1, outside 0..4294967296"),
        (["place", "load"], True, "load must be int, not True"),
        (["place", "size"], 1 << 40, "size is"),
        (["vectors"], 2, "vectors is 2, outside 3..10000"),
        (["vectors"], 1e3, "vectors must be int"),
        (["unproven"], 1, "unproven must be true or false"),
        (["image_overhead"], None, "image_overhead must be int, not None"),
        (["profile", "objective"], "beauty", "objective must be one of flash, ram, speed"),
        (["profile", "backend"], None, "job.profile: backend must be str"),
        (["profile", "target", "features"], "dsp", "features must be list"),
        (["profile", "target", "features"], [1], "features must be a list of texts"),
        (["profile", "limits"], [], "job.profile.limits must be a JSON object"),
        (["out"], None, "out must be str"),
    ],
)
def test_a_job_that_is_none_is_told_why(job, path, value, complaint) -> None:
    members = job
    for name in path[:-1]:
        members = members[name]
    members[path[-1]] = value
    with pytest.raises(CompileError) as caught:
        job_from_json(job)
    assert complaint in str(caught.value)


def test_a_job_without_a_member_is_told_which(job) -> None:
    for name in job:
        with pytest.raises(CompileError, match=name):
            job_from_json({key: value for key, value in job.items() if key != name})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(job=json_values)
def test_any_json_that_is_no_job_is_a_compile_error(job) -> None:
    with pytest.raises(CompileError):
        job_from_json(job)


@pytest.mark.parametrize(
    "error",
    [
        CompileError("out of luck"),
        InvalidModel("the file ends at byte 7"),
        NoBackend("core 'pdp11'"),
        VerificationFailed("1 of 10"),
        DoesNotFit("arena", 5000, 4096, ("stack needs 9 B of 8 B",)),
    ],
    ids=lambda error: error.kind,
)
def test_an_error_comes_back_as_it_was(error) -> None:
    line = json.loads(json.dumps(error_to_json(error)))
    again = error_from_json(line)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert line["ok"] is False
    assert line["kind"] == error.kind


def test_the_line_of_a_misfit_says_what_is_missing() -> None:
    line = error_to_json(DoesNotFit("arena", 5000, 4096))
    assert line["details"] == {
        "resource": "arena",
        "needed": 5000,
        "available": 4096,
        "missing": 904,
        "also": [],
        "at_least": False,
    }


def test_an_error_of_an_unknown_kind_is_still_an_error() -> None:
    again = error_from_json({"ok": False, "kind": "new kind", "message": "text"})
    assert type(again) is CompileError
    assert str(again) == "text"
