"""The oracle gives what the interpreter gives, and refuses in words."""

import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from compiler.errors import NoOracle, UnsupportedModel
from compiler.graph import OperatorCode
from compiler.oracle import Oracle
from compiler.vectors import random_vectors

from .model_builder import TensorSpec, one_operator, schema

DIGITS = Path(__file__).parents[2] / "firmware_store" / "starter" / "digits" / "model.tflite"


def digits() -> bytes:
    return DIGITS.read_bytes()


def flat_softmax(depth: int) -> bytes:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    source = TensorSpec((1, depth), scales=(0.1,))
    result = TensorSpec((1, depth), scales=(1 / 256,), zero_points=(-128,))
    return one_operator(OperatorCode.SOFTMAX, [source], result, options)


def test_tells_the_border_of_a_model() -> None:
    oracle = Oracle(digits())
    (tensor,) = oracle.inputs
    assert tensor.dtype == np.int8
    assert tensor.size == tensor.elements == np.prod(tensor.shape)
    assert tensor.scale > 0.0
    assert len(oracle.outputs) == 1


def test_gives_the_same_for_the_same() -> None:
    oracle = Oracle(digits())
    vectors = random_vectors(oracle.inputs, 6)
    first = [oracle.run(vector)[0].tobytes() for vector in vectors]
    assert [oracle.run(vector)[0].tobytes() for vector in reversed(vectors)] == first[::-1]
    assert len(set(first)) > 1


@pytest.mark.parametrize("data", [b"", b"text\n", b"\0" * 64, digits()[:1000]])
def test_refuses_what_is_no_model(data: bytes) -> None:
    with pytest.raises(UnsupportedModel, match="refuses the model"):
        Oracle(data)


def test_an_input_of_another_shape_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="refuses"):
        Oracle(digits()).run([np.zeros((1, 2), dtype="int8")])


def test_what_makes_the_interpreter_abort_is_a_refusal() -> None:
    """More ones than its sum can hold make its softmax shift by more than it may."""
    oracle = Oracle(flat_softmax(512))
    oracle.run([np.arange(512, dtype="int8").reshape(1, 512)])
    with pytest.raises(UnsupportedModel, match=r"gave up on an input of the model \(SIGABRT\)"):
        oracle.run([np.zeros((1, 512), dtype="int8")])
    with pytest.raises(UnsupportedModel, match="gave up"):
        oracle.run([np.zeros((1, 512), dtype="int8")])


def test_the_interpreter_ends_with_its_oracle() -> None:
    oracle = Oracle(digits())
    process = oracle._process
    assert process.poll() is None
    del oracle
    assert process.returncode == -signal.SIGKILL


def test_stderr_stays_clean(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnsupportedModel):
        Oracle(digits()[:1000])
    Oracle(digits()).run(random_vectors(Oracle(digits()).inputs, 1)[0])
    assert capfd.readouterr().err == ""


def test_a_host_without_the_wheel_is_told_so() -> None:
    without = "import sys; sys.modules['tflite_micro'] = None; import compiler.interpreter as it; "
    with pytest.raises(NoOracle, match="tflite-micro"):
        Oracle(b"", (sys.executable, "-c", without + "it.main()"))


def test_an_interpreter_that_cannot_start_is_not_the_models_fault() -> None:
    with pytest.raises(NoOracle, match=r"status 1: .*nowhere"):
        Oracle(digits(), (sys.executable, "-m", "nowhere"))


@pytest.mark.models
@pytest.mark.parametrize(
    "name",
    [
        "mnist_0.983_quantized",
        "kws_ref_model",
        "ad01_int8",
        "pretrainedResnet_quant",
        "vww_96_int8",
    ],
)
def test_runs_the_published_models(models: Path, name: str) -> None:
    oracle = Oracle((models / f"{name}.tflite").read_bytes())
    outputs = oracle.run(random_vectors(oracle.inputs, 1)[0])
    assert [output.shape for output in outputs] == [tensor.shape for tensor in oracle.outputs]
