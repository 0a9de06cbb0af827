"""CONCATENATION against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import schema
from .operator_law import assert_same, seeds, some
from .parts_law import cuts, cutting, of, types


@some
@given(cut=cuts(), kind=types, fixed=st.sets(st.integers(1, 3)), seed=seeds)
def test_concatenation(kernels, cut, kind, fixed, seed):
    options = schema.ConcatenationOptionsT()
    options.axis = cut.axis
    inputs = [of(cut.part(width), kind, fixed=n in fixed) for n, width in enumerate(cut.widths)]
    model = cutting(inputs, OperatorCode.CONCATENATION, options, [of(cut.shape, kind)])
    assert_same(kernels, model, seed)
