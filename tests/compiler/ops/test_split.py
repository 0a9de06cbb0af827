"""SPLIT against the interpreter."""

from hypothesis import given

from compiler.graph import OperatorCode

from ..model_builder import constant, schema
from .operator_law import assert_same, seeds, some
from .parts_law import cuts, cutting, of, types


@some
@given(cut=cuts(equal=True), kind=types, seed=seeds)
def test_split(kernels, cut, kind, seed):
    options = schema.SplitOptionsT()
    options.numSplits = len(cut.widths)
    results = [of(cut.part(width), kind) for width in cut.widths]
    source = of(cut.shape, kind)
    model = cutting([constant(cut.axis), source], OperatorCode.SPLIT, options, results)
    assert_same(kernels, model, seed)
