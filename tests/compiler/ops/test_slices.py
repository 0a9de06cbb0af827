"""SLICE against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import constant, one_operator, schema
from .moves_law import shapes, tensor, types
from .operator_law import assert_same, seeds, some


@some
@given(shape=shapes(5), data=st.data(), kind=types, seed=seeds)
def test_slice(kernels, shape, data, kind, seed):
    begin = [data.draw(st.integers(0, extent - 1)) for extent in shape]
    size = [data.draw(st.integers(1, n - b)) for n, b in zip(shape, begin, strict=True)]
    told = [
        data.draw(st.sampled_from([n, -1])) if b + n == whole else n
        for b, n, whole in zip(begin, size, shape, strict=True)
    ]
    model = one_operator(
        OperatorCode.SLICE,
        [tensor(shape, kind), constant(*begin), constant(*told)],
        tensor(tuple(size), kind),
        schema.SliceOptionsT(),
    )
    assert_same(kernels, model, seed)
