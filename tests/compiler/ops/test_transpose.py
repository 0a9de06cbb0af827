"""TRANSPOSE against the interpreter."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import assert_same, int8, many, scales, seeds, zero_points


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple),
    data=st.data(),
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_transpose(kernels, shape, data, scale, zero, seed):
    order = data.draw(st.permutations(range(len(shape))))
    model = one_operator(
        OperatorCode.TRANSPOSE,
        [
            int8(shape, scale, zero),
            TensorSpec((len(shape),), ElementType.INT32, values=np.array(order, np.int32)),
        ],
        int8(tuple(shape[axis] for axis in order), scale, zero),
        schema.TransposeOptionsT(),
    )
    assert_same(kernels, model, seed)
