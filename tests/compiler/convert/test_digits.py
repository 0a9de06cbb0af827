"""The starter model: what is committed holds what it says, and can be trained again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import pytest
import tflite
from tflite_micro.python.tflite_micro import runtime

from compiler.passes import optimise
from compiler.plan import plan
from compiler.tflite import read

ROOT = Path(__file__).parents[3]
STARTER = ROOT / "firmware_store" / "starter" / "digits"


def about(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "model.json").read_text()))


def operators(model: bytes) -> set[str]:
    """The builtin operators that `model` uses, by name."""
    names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if name[0] != "_"}
    root = tflite.Model.GetRootAs(model, 0)
    codes = (root.OperatorCodes(index) for index in range(root.OperatorCodesLength()))
    return {names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes}


def test_is_small_and_accurate() -> None:
    assert (STARTER / "model.tflite").stat().st_size < 30 * 1024
    assert about(STARTER)["accuracy"]["float"] >= 0.97
    assert about(STARTER)["accuracy"]["int8"] >= 0.97


def test_uses_the_kernels_that_matter() -> None:
    used = operators((STARTER / "model.tflite").read_bytes())
    assert used == {
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "MAX_POOL_2D",
        "AVERAGE_POOL_2D",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    }


def test_needs_more_than_the_smallest_device_and_less_than_the_next() -> None:
    graph = optimise(read((STARTER / "model.tflite").read_bytes()))
    arena = plan(graph).arena_size
    assert 0x800 < arena < 0x1000  # sim-tiny has 2 KiB, sim-m0plus 16 KiB
    weights = sum(len(tensor.data) for tensor in graph.tensors if tensor.data is not None)
    assert weights > 0x2000  # a slot of sim-tiny, before there is any code in it


def test_vectors_are_the_oracles_and_read_as_their_digits() -> None:
    vectors = cbor2.loads((STARTER / "vectors.cbor").read_bytes())
    interpreter = runtime.Interpreter.from_bytes((STARTER / "model.tflite").read_bytes())
    answers = []
    for given, expected in zip(vectors["inputs"], vectors["outputs"], strict=True):
        interpreter.set_input(np.frombuffer(given, np.int8).reshape(1, 8, 8, 1), 0)
        interpreter.invoke()
        output = interpreter.get_output(0)
        assert output.dtype == np.int8
        assert output.tobytes() == expected
        answers.append(about(STARTER)["labels"][output.argmax()])
    assert answers == list("0123456789")


@pytest.mark.convert
@pytest.mark.slow
def test_trains_again_to_the_same_accuracy(tmp_path: Path) -> None:
    # A process of its own: TensorFlow warns about itself, and warnings are errors here.
    command = [sys.executable, "-m", "compiler.convert.digits", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=500)
    committed, trained = about(STARTER), about(tmp_path)
    for form in ("float", "int8"):
        assert abs(trained["accuracy"][form] - committed["accuracy"][form]) <= 0.01
    assert {**trained, "accuracy": None} == {**committed, "accuracy": None}
    assert operators((tmp_path / "model.tflite").read_bytes()) == operators(
        (STARTER / "model.tflite").read_bytes()
    )
