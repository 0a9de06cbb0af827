"""RESIZE_NEAREST_NEIGHBOR and GATHER against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, constant, one_operator, schema
from .moves_law import int8_or_float, shapes, tensor
from .operator_law import assert_same, many, seeds, some


@many
@given(
    shape=shapes(4, 4),
    size=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    flags=st.tuples(st.booleans(), st.booleans()),
    kind=st.sampled_from([ElementType.INT8, ElementType.INT16, ElementType.FLOAT32]),
    seed=seeds,
)
def test_resize_nearest_neighbor(kernels, shape, size, flags, kind, seed):
    options = schema.ResizeNearestNeighborOptionsT()
    options.alignCorners, options.halfPixelCenters = flags
    model = one_operator(
        OperatorCode.RESIZE_NEAREST_NEIGHBOR,
        [tensor(shape, kind), constant(*size)],
        tensor((shape[0], *size, shape[3]), kind),
        options,
    )
    assert_same(kernels, model, seed)


@some
@given(shape=shapes(4), data=st.data(), kind=int8_or_float, seed=seeds)
def test_gather(kernels, shape, data, kind, seed):
    options = schema.GatherOptionsT()
    options.axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    places = st.integers(0, shape[options.axis] - 1)
    indices: TensorSpec = constant(*data.draw(st.lists(places, min_size=1, max_size=5)))
    place = options.axis % len(shape)
    model = one_operator(
        OperatorCode.GATHER,
        [tensor(shape, kind), indices],
        tensor((*shape[:place], *indices.shape, *shape[place + 1 :]), kind),
        options,
    )
    assert_same(kernels, model, seed)
