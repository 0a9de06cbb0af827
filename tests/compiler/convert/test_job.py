"""The half of a conversion that needs no framework: how it begins, and how it fails."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.convert.errors import ConversionError, NotInstalled, UnfitData, UnreadableSource
from compiler.convert.job import convert
from compiler.convert.report_text import report_text
from compiler.convert.request import ConversionRequest, Quantisation
from compiler.errors import CompileError
from compiler.job import error_to_json

FLOAT = ConversionRequest(Path("m.h5"), Path("m.tflite"), quantise=Quantisation.FLOAT)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all frameworks be found, whether they are there or not: none is imported here."""
    import types
    from importlib.machinery import ModuleSpec

    from compiler.convert.job import NEEDED

    for name in NEEDED:
        module = types.ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)


def worker(*lines: object, last: str = "") -> list[str]:
    """A program that reads a request and answers with these lines."""
    said = "".join(json.dumps(line) + "\n" for line in lines)
    return [sys.executable, "-c", f"import sys; sys.stdin.read(); print({said!r}, end='')\n{last}"]


def test_without_the_extra_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(NotInstalled, match=r"pip install 'tinymlaas\[convert\]'$"):
        convert(FLOAT)


def test_what_cannot_be_is_said_before_anything_starts() -> None:
    with pytest.raises(UnfitData, match="needs calibration data"):
        convert(ConversionRequest(Path("m.h5"), Path("m.tflite")), worker=["false"])


@pytest.mark.usefixtures("installed")
def test_progress_and_report_come_from_the_worker() -> None:
    heard: list[str] = []
    done = {"ok": True, "report": {"done": True}}
    lines = {"progress": "reading"}, {"progress": "converting"}, done
    assert convert(FLOAT, heard.append, worker(*lines)) == {"done": True}
    assert heard == ["reading", "converting"]


@pytest.mark.usefixtures("installed")
def test_its_errors_are_ours() -> None:
    error = UnreadableSource("no model")
    with pytest.raises(UnreadableSource, match=r"^no model$"):
        convert(FLOAT, worker=worker(error_to_json(error)))


def test_no_two_errors_share_a_kind() -> None:
    kinds = [error.kind for error in subclasses(CompileError)]
    assert len(set(kinds)) == len(kinds)


def subclasses(error: type[CompileError]) -> Iterator[type[CompileError]]:
    for one in error.__subclasses__():
        yield from (one, *subclasses(one))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("sys.exit('out of order')", "ended with status 1; its last words: out of order"),
        ("import os; os.abort()", "ended by SIGABRT"),
    ],
)
def test_its_death_is_told(last: str, words: str) -> None:
    with pytest.raises(ConversionError, match=words):
        convert(FLOAT, worker=worker(last=last))


def test_a_report_is_told_in_lines() -> None:
    gap = {"largest": 0.5, "mean_squared": 0.25}
    report = {
        "source": {
            "format": "ONNX .onnx",
            "parameters": 12,
            "inputs": ["x float32[1,3,8,8]"],
            "outputs": ["y float32[1,2]"],
            "moved_axes": {"x": [0, 2, 3, 1]},
        },
        "steps": ["50% of weights pruned"],
        "result": {
            "bytes": 900,
            "sha256": "ab" * 32,
            "inputs": ["int8[1,8,8,3]"],
            "outputs": ["int8[1,2]"],
            "operators": {"CONV_2D": 2, "MEAN": 1},
            "constants": 400,
            "deflated": 200,
            "zeros": 0.5,
            "compiler": {"serves": False, "why": "not served: MEAN (operator 2)"},
        },
        "accuracy": {
            "task": "classification",
            "samples": 9,
            "stages": [
                {"stage": "original", "top_1": 1.0},
                {"stage": "int8", "top_1": 0.875, "difference": gap},
            ],
            "missing": None,
        },
    }
    lines = report_text(report).splitlines()
    assert "  x: axes 0,2,3,1 of the original, channels last" in lines
    assert "  operators  2 CONV_2D, 1 MEAN" in lines
    assert "  compiler   not served: MEAN (operator 2)" in lines
    assert "  original: top-1 100.00%" in lines
    assert lines[-1] == "  int8: top-1 87.50%, from the original at most 0.5, 0.25 mean squared"
