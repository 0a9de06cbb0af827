"""Law: ADD, SUB and MUL give the interpreter's results, for every pair of int8, in all forms."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tflite_micro import runtime

from compiler.graph import OperatorCode
from compiler.options import Activation
from compiler.tflite import read

from ..kernel_call import Kernels
from ..model_builder import TensorSpec, one_operator, schema
from .float_law import assert_floats, floats
from .operator_law import (
    EVERYWHERE,
    activations,
    assert_outputs,
    assert_same,
    inherited,
    int8,
    int16,
    scales,
    seeds,
    zero_points,
)

OPTIONS = {
    OperatorCode.ADD: schema.AddOptionsT,
    OperatorCode.MUL: schema.MulOptionsT,
    OperatorCode.SUB: schema.SubOptionsT,
    OperatorCode.MINIMUM: schema.MaximumMinimumOptionsT,
    OperatorCode.MAXIMUM: schema.MaximumMinimumOptionsT,
}

Ends = Sequence[tuple[float, int]]
"""Scale and zero point of both inputs and of the output."""

ends = st.tuples(*[st.tuples(scales, zero_points)] * 3)

fine_ends = st.tuples(*[st.floats(2**-14, 2**-6, width=32)] * 3)
"""Scales of int16."""

power_of_2_ends = st.tuples(*[st.tuples(st.integers(-8, 0).map(lambda n: 2.0**n), zero_points)] * 3)
"""Scales that lead to ties."""

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)

network_shapes = [
    ((1, 8, 8, 16), (16,)),
    ((1, 8, 8, 16), (1, 1, 1, 16)),
    ((1, 8, 8, 1), (1, 8, 8, 16)),
    ((1, 4, 1, 8), (1, 1, 5, 8)),
    ((2, 1) * 3, (1, 3) * 3),
    ((5, 1), (3,)),
    ((2, 3), (1, 1, 1)),
]


@st.composite
def broadcast_shapes(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Draw two shapes that broadcast."""
    result = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    lacking = draw(
        st.lists(st.sampled_from([None, 0, 1]), min_size=len(result), max_size=len(result))
    )
    given_shapes = []
    for n in (0, 1):
        shape = [1 if who == n else size for size, who in zip(result, lacking, strict=True)]
        ones = next((i for i, size in enumerate(shape) if size > 1), len(shape))
        given_shapes.append(tuple(shape[draw(st.integers(0, ones)) :]))
    return given_shapes


arithmetic = {
    "constant": st.sampled_from([None, 0, 1]),
    "activation": activations,
    "ends": ends | power_of_2_ends,
}
"""What any of these operators is drawn with, besides shapes."""


class ArithmeticLaw:
    """The tests of ADD, SUB or MUL, with and without repetition of an input."""

    code: ClassVar[OperatorCode]

    @inherited
    @given(shape=shapes, single=st.sampled_from([None, 0, 1]), seed=seeds, **arithmetic)
    def test_int8(self, kernels, shape, single, ends, constant, activation, seed):
        shapes = [(1,) * len(shape) if single == n else shape for n in (0, 1)]
        assert_computes(kernels, self.code, shapes, ends, constant, activation, seed)

    @inherited
    @given(shapes=broadcast_shapes(), seed=seeds, **arithmetic)
    def test_it_broadcasts(self, kernels, shapes, ends, constant, activation, seed):
        assert_computes(kernels, self.code, shapes, ends, constant, activation, seed)

    @pytest.mark.parametrize("constant", [None, 1])
    @pytest.mark.parametrize("shapes", network_shapes)
    def test_it_broadcasts_as_networks_do(self, kernels, shapes, constant):
        ends = (0.5, 3), (0.25, -2), (1.0, 1)
        assert_computes(kernels, self.code, shapes, ends, constant, Activation.RELU, 0)

    @settings(inherited, max_examples=25)
    @given(ends=arithmetic["ends"], activation=activations)
    def test_every_pair_of_int8(self, kernels, ends, activation):
        assert_every_pair(kernels, self.code, ends, activation)

    @inherited
    @given(shapes=broadcast_shapes(), activation=activations, seed=seeds)
    def test_floats(self, kernels, shapes, activation, seed):
        assert_computes_floats(kernels, self.code, shapes, activation, seed)

    @inherited
    @given(shapes=broadcast_shapes(), scales=fine_ends, activation=activations, seed=seeds)
    def test_int16(self, kernels, shapes, scales, activation, seed):
        self.assume_int16(scales)
        assert_computes_int16(kernels, self.code, shapes, scales, activation, seed)

    def assume_int16(self, scales: Sequence[float]) -> None:
        """Leave out scales of int16 that the operator does not serve."""


def assert_computes(
    kernels: Kernels,
    code: OperatorCode,
    shapes: Sequence[tuple[int, ...]],
    ends: Ends,
    constant: int | None,
    activation: Activation,
    seed: int,
) -> None:
    """Assert the law for some shapes; `constant` is which input is one."""
    operands = [int8(shape, *end) for shape, end in zip(shapes, ends, strict=False)]
    if constant is not None:
        random, spec = np.random.default_rng(seed), operands[constant]
        operands[constant] = TensorSpec(
            spec.shape,
            scales=spec.scales,
            zero_points=spec.zero_points,
            values=random.integers(-128, 128, spec.shape, np.int8),
        )
    result = int8(np.broadcast_shapes(*shapes), *ends[2])
    model = one_operator(code, operands, result, options_of(code, activation))
    assert_same(kernels, model, seed, EVERYWHERE)


def assert_every_pair(
    kernels: Kernels, code: OperatorCode, ends: Ends, activation: Activation
) -> None:
    """Assert the law for all 65,536 pairs."""
    every = np.arange(-128, 128).astype(np.int8)
    pairs = [array.ravel() for array in np.meshgrid(every, every)]
    specs = [int8(pairs[0].shape, *end) for end in ends]
    model = one_operator(code, specs[:2], specs[2], options_of(code, activation))
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    for position, array in enumerate(pairs):
        interpreter.set_input(array, position)
    interpreter.invoke()
    graph = read(model)
    for lower in EVERYWHERE:
        found = kernels.run_lowered(graph, lower(graph, graph.operators[0]), pairs)
        assert_outputs(graph, found, [interpreter.get_output(0)])


def assert_computes_int16(
    kernels: Kernels,
    code: OperatorCode,
    shapes: Sequence[tuple[int, ...]],
    scales: Sequence[float],
    activation: Activation,
    seed: int,
) -> None:
    """Assert the law for int16, of three scales."""
    operands = [int16(shape, scale) for shape, scale in zip(shapes, scales, strict=False)]
    result = int16(np.broadcast_shapes(*shapes), scales[2])
    model = one_operator(code, operands, result, options_of(code, activation))
    assert_same(kernels, model, seed, EVERYWHERE)


def assert_computes_floats(
    kernels: Kernels,
    code: OperatorCode,
    shapes: Sequence[tuple[int, ...]],
    activation: Activation,
    seed: int,
) -> None:
    """Assert that sums and products of float32 have the interpreter's bits."""
    operands, result = list(map(floats, shapes)), floats(np.broadcast_shapes(*shapes))
    model = one_operator(code, operands, result, options_of(code, activation))
    assert_floats(kernels, model, seed)


def options_of(code: OperatorCode, activation: Activation) -> Any:
    if code not in OPTIONS:
        return None
    options = OPTIONS[code]()
    if hasattr(options, "fusedActivationFunction"):
        options.fusedActivationFunction = int(activation)
    return options
