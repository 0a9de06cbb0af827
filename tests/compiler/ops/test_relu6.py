"""RELU6 of every int8 against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import assert_floats, floats, magnitudes
from .operator_law import (
    EVERY_INT16,
    EVERYWHERE,
    assert_every_int8,
    assert_every_int16,
    int8,
    int16,
    many,
    scales,
    seeds,
    some,
    zero_points,
)


@many
@given(
    source=st.tuples(scales, zero_points),
)
def test_relu6(
    kernels,
    source,
):
    model = one_operator(OperatorCode.RELU6, [int8((256,), *source)], int8((256,), *source))
    assert_every_int8(kernels, model, EVERYWHERE)


@many
@given(magnitude=magnitudes, seed=seeds)
def test_relu6_of_floats(kernels, magnitude, seed):
    ends = floats((60,))
    model = one_operator(OperatorCode.RELU6, [ends], ends)
    assert_floats(kernels, model, seed, magnitude)


@some
@given(source=scales)
def test_relu6_of_int16(kernels, source):
    ends = int16(EVERY_INT16, source), int16(EVERY_INT16, source)
    model = one_operator(OperatorCode.RELU6, ends[:1], ends[1])
    assert_every_int16(kernels, model)
