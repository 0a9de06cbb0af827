"""MAXIMUM, with and without repetition of an input, against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Activation

from .arithmetic_law import assert_computes, assert_computes_floats, broadcast_shapes
from .operator_law import many, scales, seeds, zero_points


@many
@given(
    shapes=broadcast_shapes(),
    end=st.tuples(scales, zero_points),
    constant=st.sampled_from([None, 0, 1]),
    seed=seeds,
)
def test_maximum(kernels, shapes, end, constant, seed):
    code, ends = OperatorCode.MAXIMUM, [end] * 3
    assert_computes(kernels, code, shapes, ends, constant, Activation.NONE, seed)


@many
@given(shapes=broadcast_shapes(), seed=seeds)
def test_maximum_of_floats(kernels, shapes, seed):
    assert_computes_floats(kernels, OperatorCode.MAXIMUM, shapes, Activation.NONE, seed)
