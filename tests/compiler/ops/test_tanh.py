"""TANH of every int8 and int16, and of floats, against the interpreter."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from tflite_micro import runtime

from compiler.graph import OperatorCode
from compiler.tflite import read
from compiler.ulp import ulps

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
    bits = np.arange(0, 0x7F800000, 15_013, dtype=np.uint32)
    numbers = np.concatenate([bits, bits | 0x80000000]).astype(np.uint32).view(np.float32)
    near = np.linspace(-10, 10, 150_000, dtype=np.float32)
    inputs = np.concatenate([numbers, near])
    ends = floats(inputs.shape)
    model = one_operator(OperatorCode.TANH, [ends], ends)
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 22)
    interpreter.set_input(inputs, 0)
    interpreter.invoke()
    found = np.frombuffer(kernels.run(read(model), [inputs]), np.float32)
    assert ulps(interpreter.get_output(0), found).max() <= 2


@some
@given(scale=st.floats(2**-25, 2.5, width=32) | st.integers(-16, 1).map(lambda n: 2.0**n))
def test_tanh_of_every_int16(kernels, scale):
    assume(abs(abs(math.log2(scale) - round(math.log2(scale))) - 1e-3) > 1e-5)
    ends = int16(EVERY_INT16, scale), int16(EVERY_INT16, 1 / 32768)
    model = one_operator(OperatorCode.TANH, ends[:1], ends[1])
    assert_every_int16(kernels, model)
