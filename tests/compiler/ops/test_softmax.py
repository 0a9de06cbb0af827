"""SOFTMAX against the interpreter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import TensorSpec, one_operator, schema
from ..seeds import seeds as draws
from .float_law import SPECIAL, assert_floats, distances, floats, magnitudes
from .operator_law import assert_same, int8, int16, many, scales, seeds, zero_points
from .weights_law import fine_scales


def softmax(source: TensorSpec, result: TensorSpec, beta: float) -> bytes:
    options = schema.SoftmaxOptionsT()
    options.beta = beta
    return one_operator(OperatorCode.SOFTMAX, [source], result, options)


@many
@given(
    rows=st.lists(st.integers(1, 3), max_size=3),
    depth=st.integers(1, 300),
    beta=st.floats(2**-8, 2.0, width=32),
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_softmax(kernels, rows, depth, beta, scale, zero, seed):
    shape = (*rows, depth)
    model = softmax(int8(shape, scale, zero), int8(shape, 1 / 256, -128), beta)
    assert_same(kernels, model, seed)


@many
@given(
    rows=st.lists(st.integers(1, 3), max_size=3),
    depth=st.integers(1, 300),
    beta=st.floats(2**-8, 2.0, width=32),
    scale=fine_scales,
    seed=seeds,
)
def test_softmax_int16(kernels, rows, depth, beta, scale, seed):
    shape = (*rows, depth)
    model = softmax(int16(shape, scale), int16(shape, 1 / 32768), beta)
    assert_same(kernels, model, seed)


@many
@given(
    rows=st.lists(st.integers(1, 3), max_size=3),
    depth=st.integers(1, 100),
    beta=st.floats(2**-8, 2.0, width=32),
    magnitude=magnitudes,
    seed=seeds,
)
def test_softmax_float(kernels, rows, depth, beta, magnitude, seed):
    ends = floats((*rows, depth))
    model = softmax(ends, ends, beta)
    assert_floats(kernels, model, seed, magnitude, ulp=2)


def logits(random, shape):
    """Return rows as they come: of any spread, with ties, peaks and what is no number."""
    values = random.standard_normal(shape) * 10.0 ** random.uniform(-3, 2.3)
    match random.integers(4):
        case 0:
            values = np.round(values)
        case 1:
            values += 20.0 * (random.random(shape) < 1 / shape[-1])
        case 2:
            values = np.where(random.random(shape) < 0.02, random.choice(SPECIAL, shape), values)
    return values.astype(np.float32)


@pytest.mark.parametrize("seed", draws(80))
def test_softmax_of_many_floats(kernels, seed):
    random = np.random.default_rng(seed)
    unequal_rows = 0
    for most in (12, 120, 1000):
        depth = int(random.integers(2, most, endpoint=True))
        shape = (100_000 // depth, depth)
        beta = float(random.choice([1.0, -1.0, 2.0 ** random.uniform(-8, 3)]))
        model = softmax(floats(shape), floats(shape), beta)
        far = distances(kernels, model, logits(random, shape))
        assert far.max() <= 2
        unequal_rows += np.count_nonzero(far.reshape(shape).any(axis=1))
    assert unequal_rows <= 1  # exp is that of the C library, but for one in ten million
