"""UNPACK against the interpreter."""

from hypothesis import assume, given

from compiler.graph import OperatorCode

from ..model_builder import schema
from .operator_law import assert_same, seeds, some
from .parts_law import cuts, cutting, of, types


@some
@given(cut=cuts(), kind=types, seed=seeds)
def test_unpack(kernels, cut, kind, seed):
    assume(cut.slice)
    options = schema.UnpackOptionsT()
    options.num, options.axis = cut.shape[cut.axis], cut.axis
    results = [of(cut.slice, kind) for _ in range(options.num)]
    model = cutting([of(cut.shape, kind)], OperatorCode.UNPACK, options, results)
    assert_same(kernels, model, seed)
