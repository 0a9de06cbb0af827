"""MEAN, REDUCE_MAX and ARG_MAX against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode

from ..model_builder import TensorSpec, constant, one_operator, schema
from .float_law import assert_floats, floats, magnitudes
from .moves_law import shapes
from .operator_law import (
    EVERYWHERE,
    assert_same,
    int8,
    int16,
    many,
    scales,
    seeds,
    some,
    zero_points,
)
from .weights_law import fine_scales


@st.composite
def reduced(draw: st.DrawFn) -> tuple[tuple[int, ...], list[int], bool, tuple[int, ...]]:
    """Draw a shape, dimensions that go, whether they stay as 1, and the result's shape."""
    shape = draw(shapes(5))
    axes = draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=5))
    gone, kept = {axis % len(shape) for axis in axes}, draw(st.booleans())
    result = tuple(1 if n in gone else e for n, e in enumerate(shape) if kept or n not in gone)
    return shape, axes[: len(shape)] if len(gone) == len(axes) else list(gone), kept, result


@many
@given(
    ends=reduced(),
    source=st.tuples(scales, zero_points),
    result=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_mean(kernels, ends, source, result, seed):
    shape, axes, kept, after = ends
    options = schema.ReducerOptionsT()
    options.keepDims = kept
    model = one_operator(
        OperatorCode.MEAN,
        [int8(shape, *source), constant(*axes)],
        int8(after, *result),
        options,
    )
    assert_same(kernels, model, seed)


@many
@given(ends=reduced(), source=fine_scales, result=fine_scales, seed=seeds)
def test_mean_of_int16(kernels, ends, source, result, seed):
    shape, axes, kept, after = ends
    options = schema.ReducerOptionsT()
    options.keepDims = kept
    inputs = [int16(shape, source), constant(*axes)]
    model = one_operator(OperatorCode.MEAN, inputs, int16(after, result), options)
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(ends=reduced(), magnitude=magnitudes, seed=seeds)
def test_mean_of_floats(kernels, ends, magnitude, seed):
    shape, axes, kept, after = ends
    options = schema.ReducerOptionsT()
    options.keepDims = kept
    inputs = [floats(shape), constant(*axes)]
    model = one_operator(OperatorCode.MEAN, inputs, floats(after), options)
    assert_floats(kernels, model, seed, magnitude)


@some
@given(ends=reduced(), seed=seeds)
def test_reduce_max(kernels, ends, seed):
    shape, axes, kept, after = ends
    options = schema.ReducerOptionsT()
    options.keepDims = kept
    model = one_operator(
        OperatorCode.REDUCE_MAX,
        [int8(shape, 0.5, 3), constant(*axes)],
        int8(after, 0.5, 3),
        options,
    )
    assert_same(kernels, model, seed)


@some
@given(shape=shapes(4), data=st.data(), seed=seeds)
def test_arg_max(kernels, shape, data, seed):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    options = schema.ArgMaxOptionsT()
    options.outputType = ElementType.INT32
    place = axis % len(shape)
    result = TensorSpec((*shape[:place], *shape[place + 1 :]), ElementType.INT32)
    model = one_operator(
        OperatorCode.ARG_MAX, [int8(shape, 0.5, 3), constant(axis)], result, options
    )
    assert_same(kernels, model, seed)
