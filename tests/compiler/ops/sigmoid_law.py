"""Law: LOGISTIC and TANH give the interpreter's bits for every int8 and int16, floats nearly."""

import math
from typing import ClassVar

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import one_operator
from .float_law import assert_floats, floats, magnitudes
from .operator_law import (
    EVERY_INT16,
    EVERYWHERE,
    assert_every_int8,
    assert_every_int16,
    inherited,
    int8,
    int16,
    seeds,
    some,
    zero_points,
)


class SigmoidLaw:
    """The tests of LOGISTIC or TANH."""

    code: ClassVar[OperatorCode]
    result: ClassVar[tuple[float, int]]
    """Scale and zero point of an output of int8."""

    @inherited
    @given(scale=st.floats(2**-25, 7.5, width=32), zero=zero_points)
    def test_every_int8(self, kernels, scale, zero):
        ends = int8((256,), scale, zero), int8((256,), *self.result)
        assert_every_int8(kernels, one_operator(self.code, ends[:1], ends[1]), EVERYWHERE)

    @inherited
    @given(magnitude=magnitudes, seed=seeds)
    def test_floats(self, kernels, magnitude, seed):
        ends = floats((60,))
        model = one_operator(self.code, [ends], ends)
        assert_floats(kernels, model, seed, magnitude, ulp=2)

    @settings(inherited, max_examples=some.max_examples)
    @given(scale=st.floats(2**-25, 2.5, width=32) | st.integers(-16, 1).map(lambda n: 2.0**n))
    def test_every_int16(self, kernels, scale):
        assume(abs(abs(math.log2(scale) - round(math.log2(scale))) - 1e-3) > 1e-5)
        ends = int16(EVERY_INT16, scale), int16(EVERY_INT16, 1 / 32768)
        assert_every_int16(kernels, one_operator(self.code, ends[:1], ends[1]))
