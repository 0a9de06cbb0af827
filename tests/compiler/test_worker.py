"""The building process: one job in, lines of JSON out, whatever the job is."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from compiler.job import check_to_json, job_to_json, summary_from_json


def run_worker(job: bytes) -> list[dict]:
    """Run a worker as a server does; every line is JSON, and it ends well."""
    done = subprocess.run(
        (sys.executable, "-m", "compiler.worker"),
        input=job,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "job",
    [b"", b"{", b"[]", b"\xff\xfe", b"7", b"{}", b"[" * 100_000, b" " * (1 << 20) + b"{}"],
    ids=["empty", "cut", "list", "no text", "number", "no members", "deep", "large"],
)
def test_garbage_is_an_answer(job) -> None:
    (line,) = run_worker(job)
    assert line["ok"] is False
    assert line["kind"] == "build failed"
    assert line["message"]


@pytest.mark.parametrize("model", [b"", b"this is no model", b"\x1c\x00\x00\x00TFL3" + bytes(40)])
def test_a_model_that_is_none_is_an_answer(spec, tmp_path, model) -> None:
    (tmp_path / "m.tflite").write_bytes(model)
    job = job_to_json(spec, tmp_path / "m.tflite", tmp_path / "out")
    *progress, last = run_worker(json.dumps(job).encode())
    assert [list(line) for line in progress] == [["progress"]] * len(progress)
    assert (last["ok"], last["kind"]) == (False, "invalid model")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_model_is_checked_and_told_of() -> None:
    digits = files("firmware_store") / "starter" / "digits" / "model.tflite"
    (line,) = run_worker(json.dumps(check_to_json(Path(str(digits)))).encode())
    assert line["ok"] is True
    summary = summary_from_json(line)
    assert (summary.inputs, summary.outputs) == (("int8[1,8,8,1]",), ("int8[1,10]",))
    assert summary.operators["FULLY_CONNECTED"] == 2
    assert summary.macs > summary.constants > 0


def test_a_check_says_why_a_model_is_none(tmp_path) -> None:
    (tmp_path / "m.tflite").write_bytes(b"this is no model")
    (line,) = run_worker(json.dumps(check_to_json(tmp_path / "m.tflite")).encode())
    assert (line["ok"], line["kind"]) == (False, "invalid model")
