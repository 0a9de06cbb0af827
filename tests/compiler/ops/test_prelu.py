"""PRELU, with and without repetition of alpha, against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Activation

from .arithmetic_law import assert_computes, assert_computes_floats, ends
from .operator_law import many, seeds


@st.composite
def prelu_shapes(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Draw a shape, and one that is repeated to it."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    repeated = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    alpha = [1 if again else size for again, size in zip(repeated, shape, strict=True)]
    return [tuple(shape), tuple(alpha)]


@many
@given(shapes=prelu_shapes(), ends=ends, constant=st.sampled_from([None, 1]), seed=seeds)
def test_prelu(kernels, shapes, ends, constant, seed):
    assert_computes(kernels, OperatorCode.PRELU, shapes, ends, constant, Activation.NONE, seed)


@many
@given(shapes=prelu_shapes(), seed=seeds)
def test_prelu_of_floats(kernels, shapes, seed):
    assert_computes_floats(kernels, OperatorCode.PRELU, shapes, Activation.NONE, seed)
