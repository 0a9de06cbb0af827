"""Law: whatever operator the reader accepts, its kernel computes what the interpreter computes.

Shapes, quantisation and values are drawn; the reference is TensorFlow Lite Micro.
"""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.errors import UnsupportedModel
from compiler.graph import ElementType
from compiler.options import Activation
from compiler.tflite import read

from ..kernel_call import Kernels
from ..model_builder import NUMPY, TensorSpec

many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

some = settings(many, max_examples=40)
"""For what does no arithmetic."""

zero_points = st.integers(-128, 127)
scales = st.floats(2**-12, 1.0, width=32)
activations = st.sampled_from(Activation)
seeds = st.integers(0, 2**32 - 1)


def assert_same(kernels: Kernels, model: bytes, seed: int) -> None:
    """Assert that kernel and interpreter agree on every element, for three inputs."""
    try:
        graph = read(model)
    except UnsupportedModel as refusal:
        assume("32-bit accumulators" not in str(refusal))
        raise
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    random = np.random.default_rng(seed)
    for kind in ("random", "lowest", "highest"):
        interpreter.reset()
        inputs = [
            values(random, graph.tensors[n].shape, graph.tensors[n].type, kind)
            for n in graph.inputs
        ]
        for position, array in enumerate(inputs):
            interpreter.set_input(array, position)
        interpreter.invoke()
        found = kernels.run(graph, inputs)
        for position, number in enumerate(graph.outputs):
            expected, size = interpreter.get_output(position), graph.tensors[number].size
            got = np.frombuffer(found[:size], expected.dtype)
            np.testing.assert_array_equal(got, expected.reshape(-1), str(graph))
            found = found[size:]


def values(
    random: np.random.Generator, shape: tuple[int, ...], type_: ElementType, kind: str
) -> NDArray[Any]:
    if type_ is ElementType.FLOAT32:
        return (random.standard_normal(shape) * 10).astype(np.float32)
    limits = np.iinfo(NUMPY[type_])
    if kind != "random":
        return np.full(shape, limits.min if kind == "lowest" else limits.max, NUMPY[type_])
    return random.integers(limits.min, limits.max, shape, NUMPY[type_], endpoint=True)


def int8(shape: tuple[int, ...], scale: float, zero_point: int) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero_point,))
