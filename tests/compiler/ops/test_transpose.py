"""TRANSPOSE against the interpreter."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, one_operator, schema
from .moves_law import tensor
from .operator_law import assert_same, many, seeds


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple),
    data=st.data(),
    kind=st.sampled_from([ElementType.INT8, ElementType.INT16, ElementType.FLOAT32]),
    seed=seeds,
)
def test_transpose(kernels, shape, data, kind, seed):
    order = data.draw(st.permutations(range(len(shape))))
    model = one_operator(
        OperatorCode.TRANSPOSE,
        [
            tensor(shape, kind),
            TensorSpec((len(shape),), ElementType.INT32, values=np.array(order, np.int32)),
        ],
        tensor(tuple(shape[axis] for axis in order), kind),
        schema.TransposeOptionsT(),
    )
    assert_same(kernels, model, seed)
