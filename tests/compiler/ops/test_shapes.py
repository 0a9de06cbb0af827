"""What changes a shape, or repeats: EXPAND_DIMS, SQUEEZE, BROADCAST_TO, and depth and space."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode

from ..model_builder import constant, one_operator, schema
from .moves_law import int8_or_float, shapes, tensor, types
from .operator_law import assert_same, seeds, some


@some
@given(shape=shapes(4), kind=int8_or_float, data=st.data(), seed=seeds)
def test_expand_dims(kernels, shape, kind, data, seed):
    axis = data.draw(st.integers(0, len(shape)))
    model = one_operator(
        OperatorCode.EXPAND_DIMS,
        [tensor(shape, kind), constant(axis)],
        tensor((*shape[:axis], 1, *shape[axis:]), kind),
        schema.ExpandDimsOptionsT(),
    )
    assert_same(kernels, model, seed)


@some
@given(shape=shapes(4), kind=types, seed=seeds)
def test_squeeze(kernels, shape, kind, seed):
    result = tuple(extent for extent in shape if extent > 1)
    model = one_operator(
        OperatorCode.SQUEEZE,
        [tensor(shape, kind)],
        tensor(result, kind),
        schema.SqueezeOptionsT(),
    )
    assert_same(kernels, model, seed)


@some
@given(shape=shapes(5), kind=types, data=st.data(), seed=seeds)
def test_broadcast_to(kernels, shape, kind, data, seed):
    source = [data.draw(st.sampled_from([extent, 1])) for extent in shape]
    ones = next((n for n, extent in enumerate(source) if extent > 1), len(source))
    source = source[data.draw(st.integers(0, min(ones, len(source) - 1))) :]
    model = one_operator(
        OperatorCode.BROADCAST_TO,
        [tensor(tuple(source), kind), constant(*shape)],
        tensor(shape, kind),
        schema.BroadcastToOptionsT(),
    )
    assert_same(kernels, model, seed)


@some
@given(
    deep=shapes(4, 4), block=st.integers(1, 3), spread=st.booleans(), kind=int8_or_float, seed=seeds
)
def test_depth_and_space(kernels, deep, block, spread, kind, seed):
    batch, height, width, depth = deep
    ends = [
        tensor((batch, height, width, depth * block * block), kind),
        tensor((batch, height * block, width * block, depth), kind),
    ]
    code = OperatorCode.DEPTH_TO_SPACE if spread else OperatorCode.SPACE_TO_DEPTH
    options = schema.DepthToSpaceOptionsT() if spread else schema.SpaceToDepthOptionsT()
    options.blockSize = block
    source, result = ends if spread else ends[::-1]
    assert_same(kernels, one_operator(code, [source], result, options), seed)
