"""SPLIT_V against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import constant, schema
from .operator_law import assert_same, seeds, some
from .parts_law import cuts, cutting, of, types


@some
@given(cut=cuts(), kind=types, rest=st.integers(0, 5), seed=seeds)
def test_split_v(kernels, cut, kind, rest, seed):
    options = schema.SplitVOptionsT()
    options.numSplits = len(cut.widths)
    sizes = [-1 if n == rest else width for n, width in enumerate(cut.widths)]
    results = [of(cut.part(width), kind) for width in cut.widths]
    inputs = [of(cut.shape, kind), constant(*sizes), constant(cut.axis)]
    assert_same(kernels, cutting(inputs, OperatorCode.SPLIT_V, options, results), seed)
