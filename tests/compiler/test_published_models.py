"""Law: the published models, compiled for the host, give the interpreter's outputs bit for bit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.graph import ElementType, Graph
from compiler.machine import Machine
from compiler.passes import optimise
from compiler.plan import plan
from compiler.profile import Objective
from compiler.tflite import read
from compiler.translate import translate

from .host_code import compile_c, run_model

pytestmark = pytest.mark.models


@dataclass(frozen=True)
class Published:
    """A model with what its folder's README says of it."""

    name: str
    macs: int
    arena: int
    vectors: int = 10

    def __str__(self) -> str:
        return self.name


MODELS = [
    Published("mnist_0.983_quantized", 281_640, 4_320),
    Published("kws_ref_model", 2_656_768, 16_000),
    Published("ds_cnn_s_quantized", 2_656_768, 16_000),
    Published("ad01_int8", 264_192, 768),
    Published("pretrainedResnet_quant", 12_501_632, 49_152, vectors=5),
    Published("vww_96_int8", 3_727_313, 55_296, vectors=5),
    Published("rnnoise_INT8", 86_952, 1_032),
    Published("sinus_float", 288, 128),
]


@pytest.mark.slow
@pytest.mark.parametrize("objective", [Objective.FLASH, Objective.RAM])
@pytest.mark.parametrize("published", MODELS, ids=str)
def test_outputs_are_the_interpreters(
    published: Published, objective: Objective, models: Path, tmp_path: Path
) -> None:
    data = (models / f"{published.name}.tflite").read_bytes()
    graph = optimise(read(data))
    emitted = translate(graph, Machine(objective=objective))
    library = compile_c(emitted.files, tmp_path)
    interpreter = runtime.Interpreter.from_bytes(data)
    random = np.random.default_rng(7)
    for vector in range(published.vectors):
        inputs = [draw(random, graph, number, vector) for number in graph.inputs]
        for position, array in enumerate(inputs):
            interpreter.set_input(array, position)
        interpreter.invoke()
        outputs = run_model(library, emitted, [array.tobytes() for array in inputs])
        for position, found in enumerate(outputs):
            expected = interpreter.get_output(position)
            np.testing.assert_array_equal(np.frombuffer(found, expected.dtype), expected.ravel())


def draw(random: np.random.Generator, graph: Graph, number: int, vector: int) -> NDArray[Any]:
    tensor = graph.tensors[number]
    if tensor.type is ElementType.FLOAT32:
        return random.uniform(-1, 2, tensor.shape).astype(np.float32)
    extremes = {0: -128, 1: 127}
    if vector in extremes:
        return np.full(tensor.shape, extremes[vector], np.int8)
    return random.integers(-128, 128, tensor.shape, np.int8)


@pytest.mark.parametrize("published", MODELS, ids=str)
def test_plan_reaches_the_lower_bound(published: Published, models: Path) -> None:
    graph = optimise(read((models / f"{published.name}.tflite").read_bytes()))
    found = plan(graph)
    assert found.arena_size == found.lower_bound == published.arena
    emitted = translate(graph, Machine())
    assert sum(operator.macs for operator in emitted.operators) == published.macs
