"""Law: whatever operator the reader accepts, its kernel computes what the interpreter computes.

Shapes, quantisation and values are drawn; the reference is TensorFlow Lite Micro.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.errors import UnsupportedModel
from compiler.forms import choose
from compiler.graph import ElementType, Graph
from compiler.machine import Machine
from compiler.options import Activation
from compiler.profile import Objective
from compiler.tflite import read

from ..kernel_call import Kernels, Lowering, plain
from ..model_builder import NUMPY, TensorSpec

many = settings(
    max_examples=50,  # new ones in each run
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

inherited = settings(
    many, suppress_health_check=[*many.suppress_health_check, HealthCheck.differing_executors]
)
"""For the tests of a law that is a class: one class per operator runs them."""

some = settings(many, max_examples=20)
"""For what does no arithmetic."""

zero_points = st.integers(-128, 127)
scales = st.floats(2**-12, 1.0, width=32)
activations = st.sampled_from(Activation)
seeds = st.integers(0, 2**32 - 1)


def assert_same(
    kernels: Kernels, model: bytes, seed: int, lowerings: Sequence[Lowering] = ()
) -> None:
    """Assert that kernel and interpreter agree on every element, for three inputs.

    So does each of `lowerings`; by default it is what `kernels` lower to.
    """
    try:
        graph = read(model)
    except UnsupportedModel as refusal:
        assume("32-bit accumulators" not in str(refusal))
        assume("2^7 or more" not in str(refusal))
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
        outputs = [interpreter.get_output(position) for position in range(len(graph.outputs))]
        lowered = (lower(graph, graph.operators[0]) for lower in lowerings)
        runs = [kernels.run_lowered(graph, how, inputs) for how in lowered]
        for found in runs or [kernels.run(graph, inputs)]:
            assert_outputs(graph, found, outputs)


def assert_outputs(graph: Graph, found: bytes, outputs: Sequence[NDArray[Any]]) -> None:
    for expected in outputs:
        got, found = found[: expected.nbytes], found[expected.nbytes :]
        same = np.frombuffer(got, expected.dtype)
        np.testing.assert_array_equal(same, expected.reshape(-1), str(graph))
    assert not found


def chosen(objective: Objective) -> Lowering:
    """Return the lowering to the form that is chosen on a machine without any feature."""
    return lambda graph, operator: choose(graph, operator, Machine(objective=objective))[1]


EVERYWHERE = (plain, chosen(Objective.FLASH), chosen(Objective.SPEED))
"""The forms that any machine may be given."""


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


def int16(shape: tuple[int, ...], scale: float) -> TensorSpec:
    return TensorSpec(shape, ElementType.INT16, scales=(scale,))


def assert_every_int16(kernels: Kernels, model: bytes) -> None:
    """Assert that kernel and interpreter agree on every int16, of which the input has room."""
    graph, interpreter = read(model), runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    inputs = np.arange(-(1 << 15), 1 << 15).astype(np.int16)
    interpreter.set_input(inputs, 0)
    interpreter.invoke()
    assert_outputs(graph, kernels.run(graph, [inputs]), [interpreter.get_output(0)])


EVERY_INT16 = (1 << 16,)
"""The shape of the input of `assert_every_int16`."""


def assert_every_int8(kernels: Kernels, model: bytes, lowerings: Sequence[Lowering]) -> None:
    """Assert that kernel and interpreter agree on every int8, of which the input has room."""
    graph, interpreter = read(model), runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    inputs = np.arange(-128, 128).astype(np.int8).reshape(graph.tensors[graph.inputs[0]].shape)
    interpreter.set_input(inputs, 0)
    interpreter.invoke()
    for lower in lowerings:
        found = kernels.run_lowered(graph, lower(graph, graph.operators[0]), [inputs])
        assert_outputs(graph, found, [interpreter.get_output(0)])
