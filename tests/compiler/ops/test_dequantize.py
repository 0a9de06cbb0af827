"""DEQUANTIZE against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import assert_same, int8, int16, many, scales, seeds, zero_points


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    source=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_dequantize(kernels, shape, source, seed):
    model = one_operator(
        OperatorCode.DEQUANTIZE,
        [int8(shape, *source)],
        TensorSpec(shape, ElementType.FLOAT32),
        schema.DequantizeOptionsT(),
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    scale=scales,
    seed=seeds,
)
def test_dequantize_int16(kernels, shape, scale, seed):
    model = one_operator(
        OperatorCode.DEQUANTIZE,
        [int16(shape, scale)],
        TensorSpec(shape, ElementType.FLOAT32),
        schema.DequantizeOptionsT(),
    )
    assert_same(kernels, model, seed)
