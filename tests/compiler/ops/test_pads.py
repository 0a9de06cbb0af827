"""PAD and PADV2 against the interpreter."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import NUMPY, TensorSpec, one_operator, schema
from .moves_law import shapes, tensor, types
from .operator_law import assert_same, seeds, some, zero_points


def paddings(pairs: list[tuple[int, int]]) -> TensorSpec:
    return TensorSpec((len(pairs), 2), ElementType.INT32, values=np.array(pairs, np.int32))


@st.composite
def padded(draw: st.DrawFn) -> tuple[tuple[int, ...], list[tuple[int, int]], tuple[int, ...]]:
    """Draw a shape, what is added to it, and the result's."""
    shape = draw(shapes(5))
    pairs = [draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in shape]
    return shape, pairs, tuple(n + sum(pair) for n, pair in zip(shape, pairs, strict=True))


@some
@given(shapes=padded(), kind=types, zero=zero_points, seed=seeds)
def test_pad(kernels, shapes, kind, zero, seed):
    shape, pairs, result = shapes
    model = one_operator(
        OperatorCode.PAD,
        [tensor(shape, kind, zero), paddings(pairs)],
        tensor(result, kind, zero),
        schema.PadOptionsT(),
    )
    assert_same(kernels, model, seed)


@some
@given(shapes=padded(), kind=types, value=st.integers(-128, 127), seed=seeds)
def test_padv2(kernels, shapes, kind, value, seed):
    shape, pairs, result = shapes
    given_value = tensor((1,), kind)
    given_value = TensorSpec(
        (1,), kind, given_value.scales, given_value.zero_points,
        values=np.array([value], NUMPY[kind]),
    )  # fmt: skip
    model = one_operator(
        OperatorCode.PADV2,
        [tensor(shape, kind), paddings(pairs), given_value],
        tensor(result, kind),
        schema.PadV2OptionsT(),
    )
    assert_same(kernels, model, seed)
