"""HARD_SWISH of every int8 against the interpreter."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator, schema
from .float_law import assert_floats, floats, magnitudes
from .operator_law import EVERYWHERE, assert_every_int8, int8, many, scales, seeds, zero_points


@many
@given(
    source=st.tuples(scales, zero_points), ratio=st.floats(2**-6, 2**7, width=32), zero=zero_points
)
def test_hard_swish(kernels, source, ratio, zero):
    result = int8((256,), np.float32(source[0] * ratio), zero)
    options = schema.HardSwishOptionsT()
    model = one_operator(OperatorCode.HARD_SWISH, [int8((256,), *source)], result, options)
    assert_every_int8(kernels, model, EVERYWHERE)


@many
@given(magnitude=magnitudes, seed=seeds)
def test_hard_swish_of_floats(kernels, magnitude, seed):
    ends = floats((60,))
    model = one_operator(OperatorCode.HARD_SWISH, [ends], ends, schema.HardSwishOptionsT())
    assert_floats(kernels, model, seed, magnitude)
