"""Law: RELU and RELU6 give the interpreter's bits, for every int8 and int16."""

from typing import ClassVar

from hypothesis import given, settings
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
    scales,
    seeds,
    some,
    zero_points,
)

ends = st.tuples(scales, zero_points)


class RectifierLaw:
    """The tests of RELU or RELU6."""

    code: ClassVar[OperatorCode]
    rescales: ClassVar[bool]
    """Whether the output may have another quantisation than the input."""

    @inherited
    @given(source=ends, result=ends)
    def test_every_int8(self, kernels, source, result):
        result = int8((256,), *(result if self.rescales else source))
        model = one_operator(self.code, [int8((256,), *source)], result)
        assert_every_int8(kernels, model, EVERYWHERE)

    @inherited
    @given(magnitude=magnitudes, seed=seeds)
    def test_floats(self, kernels, magnitude, seed):
        both = floats((60,))
        assert_floats(kernels, one_operator(self.code, [both], both), seed, magnitude)

    @settings(inherited, max_examples=some.max_examples)
    @given(source=scales, result=scales)
    def test_every_int16(self, kernels, source, result):
        result = int16(EVERY_INT16, result if self.rescales else source)
        model = one_operator(self.code, [int16(EVERY_INT16, source)], result)
        assert_every_int16(kernels, model)
