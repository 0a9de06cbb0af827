"""TANH of every int8 and int16, and of floats, against the interpreter."""

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
def test_tanh(kernels, scale, zero):
    model = one_operator(OperatorCode.TANH, [int8((256,), scale, zero)], int8((256,), 1 / 128, 0))
    assert_every_int8(kernels, model, EVERYWHERE)


@many
@given(magnitude=magnitudes, seed=seeds)
def test_tanh_of_floats(kernels, magnitude, seed):
    ends = floats((60,))
    model = one_operator(OperatorCode.TANH, [ends], ends)
    assert_floats(kernels, model, seed, magnitude, ulp=2)


def test_tanh_of_many_floats(kernels):
    near = np.linspace(-10, 10, 150_000, dtype=np.float32)
    inputs = np.concatenate([every(15_013), near])
    ends = floats(inputs.shape)
    assert distances(kernels, one_operator(OperatorCode.TANH, [ends], ends), inputs).max() <= 2


@some
@given(scale=st.floats(2**-25, 2.5, width=32) | st.integers(-16, 1).map(lambda n: 2.0**n))
def test_tanh_of_every_int16(kernels, scale):
    assume(abs(abs(math.log2(scale) - round(math.log2(scale))) - 1e-3) > 1e-5)
    ends = int16(EVERY_INT16, scale), int16(EVERY_INT16, 1 / 32768)
    model = one_operator(OperatorCode.TANH, ends[:1], ends[1])
    assert_every_int16(kernels, model)
