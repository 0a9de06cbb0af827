"""LOGISTIC of every int8 and int16, and of floats, against the interpreter."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import assert_floats, distances, every, floats, magnitudes
from .operator_law import (
    EVERY_INT16,
    EVERYWHERE,
    assert_every_int8,
    assert_every_int16,
    int8,
    int16,
    many,
    seeds,
    some,
    zero_points,
)


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


def test_logistic_of_many_floats(kernels):
    near = np.linspace(-110, 30, 300_000, dtype=np.float32)
    inputs = np.concatenate([every(15_013), near])
    ends = floats(inputs.shape)
    far = distances(kernels, one_operator(OperatorCode.LOGISTIC, [ends], ends), inputs)
    assert far.max() <= 2
    assert np.count_nonzero(far) <= 1  # exp is that of the C library, but for one in ten million


@some
@given(scale=st.floats(2**-25, 2.5, width=32) | st.integers(-16, 1).map(lambda n: 2.0**n))
def test_logistic_of_every_int16(kernels, scale):
    assume(abs(abs(math.log2(scale) - round(math.log2(scale))) - 1e-3) > 1e-5)
    ends = int16(EVERY_INT16, scale), int16(EVERY_INT16, 1 / 32768)
    model = one_operator(OperatorCode.LOGISTIC, ends[:1], ends[1])
    assert_every_int16(kernels, model)
