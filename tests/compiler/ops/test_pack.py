"""PACK against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import schema
from .operator_law import assert_same, seeds, some
from .parts_law import cuts, cutting, of, types


@some
@given(cut=cuts(), kind=types, fixed=st.sets(st.integers(1, 3)), seed=seeds)
def test_pack(kernels, cut, kind, fixed, seed):
    options = schema.PackOptionsT()
    count = min(cut.shape[cut.axis], 8)
    shape = list(cut.shape)
    shape[cut.axis] = options.valuesCount = count
    options.axis = cut.axis
    inputs = [of(cut.slice, kind, fixed=n in fixed) for n in range(count)]
    model = cutting(inputs, OperatorCode.PACK, options, [of(tuple(shape), kind)])
    assert_same(kernels, model, seed)
