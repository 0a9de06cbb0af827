"""Law: MAXIMUM and MINIMUM give what the interpreter gives."""

from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Activation

from .arithmetic_law import assert_computes, assert_computes_floats, broadcast_shapes
from .operator_law import inherited, scales, seeds, zero_points


class ExtremesLaw:
    """The tests of MAXIMUM or MINIMUM, with and without repetition of an input."""

    code: ClassVar[OperatorCode]

    @inherited
    @given(
        shapes=broadcast_shapes(),
        end=st.tuples(scales, zero_points),
        constant=st.sampled_from([None, 0, 1]),
        seed=seeds,
    )
    def test_int8(self, kernels, shapes, end, constant, seed):
        ends = [end] * 3
        assert_computes(kernels, self.code, shapes, ends, constant, Activation.NONE, seed)

    @inherited
    @given(shapes=broadcast_shapes(), seed=seeds)
    def test_floats(self, kernels, shapes, seed):
        assert_computes_floats(kernels, self.code, shapes, Activation.NONE, seed)
