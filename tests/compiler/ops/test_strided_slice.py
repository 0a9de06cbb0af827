"""STRIDED_SLICE against the interpreter."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import constant, one_operator, schema
from .moves_law import shapes, tensor, types
from .operator_law import assert_same, many, seeds

masks = st.integers(0, 15)


@many
@given(
    shape=shapes(4),
    data=st.data(),
    masks=st.tuples(masks, masks, st.sampled_from([0, 0, 0, 1, 2])),
    kind=types,
    seed=seeds,
)
def test_strided_slice(kernels, shape, data, masks, kind, seed):
    rank = len(shape)
    strides = data.draw(
        st.lists(st.sampled_from([1, 1, 2, 3, -1, -2]), min_size=rank, max_size=rank)
    )
    begin, end = [], []
    for extent, step in zip(shape, strides, strict=True):
        first = data.draw(st.integers(0, extent - 1))
        last = first + step * data.draw(st.integers(1, extent))
        # Places below 0 count from the end, and so cannot lie before the begin by one.
        last = max(last, -extent - 1) if last < 0 else last
        begin.append(data.draw(st.sampled_from([first, first - extent])))
        end.append(last - extent if last < 0 else last)
    walks, dropped = [], []
    for axis, step in enumerate(strides):
        free = [bool(mask >> axis & 1) for mask in masks]
        if free[2]:
            assume(not free[0] and step > 0)
            dropped.append(axis)
            first = begin[axis] % shape[axis]
            walks.append(slice(first, first + 1))
        else:
            first, last = (
                None if skipped else place
                for skipped, place in zip(free, (begin[axis], end[axis]), strict=False)
            )
            walks.append(slice(first, last, step))
    result = np.empty(shape)[tuple(walks)]
    assume(result.size)
    options = schema.StridedSliceOptionsT()
    options.beginMask, options.endMask, options.shrinkAxisMask = masks
    kept = tuple(n for axis, n in enumerate(result.shape) if axis not in dropped)
    assume(kept)
    model = one_operator(
        OperatorCode.STRIDED_SLICE,
        [tensor(shape, kind), constant(*begin), constant(*end), constant(*strides)],
        tensor(kept, kind),
        options,
    )
    assert_same(kernels, model, seed)
