"""ADD, with and without repetition of an input, against the interpreter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Activation

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import activations, assert_same, int8, many, scales, seeds, zero_points


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    single=st.sampled_from([None, 0, 1]),
    constant=st.booleans(),
    activation=activations,
    ends=st.tuples(scales, scales, scales),
    zeros=st.tuples(*[zero_points] * 3),
    seed=seeds,
)
def test_add(kernels, shape, single, constant, activation, ends, zeros, seed):
    shapes = [(1,) * len(shape) if single == n else shape for n in (0, 1)]
    assert_adds(kernels, shapes, constant, activation, ends, zeros, seed)


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


@many
@given(
    shapes=broadcast_shapes(),
    constant=st.booleans(),
    activation=activations,
    ends=st.tuples(scales, scales, scales),
    zeros=st.tuples(*[zero_points] * 3),
    seed=seeds,
)
def test_add_broadcasts(kernels, shapes, constant, activation, ends, zeros, seed):
    assert_adds(kernels, shapes, constant, activation, ends, zeros, seed)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 8, 8, 16), (16,)),
        ((1, 8, 8, 16), (1, 1, 1, 16)),
        ((1, 4, 1, 8), (1, 1, 5, 8)),
        ((2, 1) * 3, (1, 3) * 3),
        ((5, 1), (3,)),
        ((2, 3), (1, 1, 1)),
    ],
)
def test_add_broadcasts_what_networks_add(kernels, shapes, constant):
    assert_adds(kernels, shapes, constant, Activation.RELU, (0.5, 0.25, 1.0), (3, -2, 1), 0)


def assert_adds(kernels, shapes, constant, activation, ends, zeros, seed):
    first, second = (int8(shapes[n], ends[n], zeros[n]) for n in (0, 1))
    result = int8(np.broadcast_shapes(*shapes), ends[2], zeros[2])
    if constant:
        random = np.random.default_rng(seed)
        second = TensorSpec(
            second.shape,
            scales=second.scales,
            zero_points=second.zero_points,
            values=random.integers(-128, 128, second.shape, np.int8),
        )
    options = schema.AddOptionsT()
    options.fusedActivationFunction = int(activation)
    model = one_operator(OperatorCode.ADD, [first, second], result, options)
    assert_same(kernels, model, seed)
