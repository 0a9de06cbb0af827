"""LEAKY_RELU of every int8 against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator, schema
from .float_law import assert_floats, floats, magnitudes
from .operator_law import EVERYWHERE, assert_every_int8, int8, many, scales, seeds, zero_points


@many
@given(
    source=st.tuples(scales, zero_points),
    result=st.tuples(scales, zero_points),
    alpha=st.floats(0, 4, width=32),
)
def test_leaky_relu(kernels, source, result, alpha):
    options = schema.LeakyReluOptionsT()
    options.alpha = alpha
    operands = [int8((256,), *source)], int8((256,), *result)
    model = one_operator(OperatorCode.LEAKY_RELU, *operands, options)
    assert_every_int8(kernels, model, EVERYWHERE)


@many
@given(magnitude=magnitudes, seed=seeds, alpha=st.floats(-2, 2, width=32))
def test_leaky_relu_of_floats(kernels, magnitude, seed, alpha):
    options = schema.LeakyReluOptionsT()
    options.alpha = alpha
    ends = floats((60,))
    model = one_operator(OperatorCode.LEAKY_RELU, [ends], ends, options)
    assert_floats(kernels, model, seed, magnitude)
