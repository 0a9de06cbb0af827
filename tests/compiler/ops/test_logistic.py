"""LOGISTIC of every int8 against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import assert_floats, floats, magnitudes
from .operator_law import EVERYWHERE, assert_every_int8, int8, many, seeds, zero_points


@many
@given(scale=st.floats(2**-25, 7.5, width=32), zero=zero_points)
def test_logistic(kernels, scale, zero):
    model = one_operator(
        OperatorCode.LOGISTIC, [int8((256,), scale, zero)], int8((256,), 1 / 256, -128)
    )
    assert_every_int8(kernels, model, EVERYWHERE)


@many
@given(magnitude=magnitudes, seed=seeds)
def test_logistic_of_floats(kernels, magnitude, seed):
    ends = floats((60,))
    model = one_operator(OperatorCode.LOGISTIC, [ends], ends)
    assert_floats(kernels, model, seed, magnitude, ulp=2)
