"""SOFTMAX against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator, schema
from .float_law import assert_floats, floats, magnitudes
from .operator_law import assert_same, int8, int16, many, scales, seeds, zero_points
from .weights_law import fine_scales


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
    options = schema.SoftmaxOptionsT()
    options.beta = beta
    model = one_operator(
        OperatorCode.SOFTMAX, [int8(shape, scale, zero)], int8(shape, 1 / 256, -128), options
    )
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
    options = schema.SoftmaxOptionsT()
    options.beta = beta
    model = one_operator(
        OperatorCode.SOFTMAX, [int16(shape, scale)], int16(shape, 1 / 32768), options
    )
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
    options = schema.SoftmaxOptionsT()
    options.beta = beta
    ends = floats((*rows, depth))
    model = one_operator(OperatorCode.SOFTMAX, [ends], ends, options)
    assert_floats(kernels, model, seed, magnitude, ulp=2)
