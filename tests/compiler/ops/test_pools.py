"""MAX_POOL_2D and AVERAGE_POOL_2D against the interpreter."""

from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Padding

from ..model_builder import one_operator, schema
from .float_law import assert_floats, floats
from .operator_law import (
    EVERYWHERE,
    activations,
    assert_same,
    int8,
    int16,
    many,
    scales,
    seeds,
    zero_points,
)
from .weights_law import fine_scales, output_extent, window_axis


@many
@given(
    code=st.sampled_from([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D]),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 5),
    activation=activations,
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_pools(kernels, code, height, width, padding, batch, depth, activation, scale, zero, seed):
    height, width = (*height[:3], 1), (*width[:3], 1)
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    options = pool_options(padding, height, width, activation)
    model = one_operator(
        code,
        [int8((batch, height[0], width[0], depth), scale, zero)],
        int8((batch, rows, columns, depth), scale, zero),
        options,
    )
    assert_same(kernels, model, seed)


@many
@given(
    code=st.sampled_from([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D]),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 5),
    activation=activations,
    scale=fine_scales,
    seed=seeds,
)
def test_int16_pools(kernels, code, height, width, padding, batch, depth, activation, scale, seed):
    height, width = (*height[:3], 1), (*width[:3], 1)
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    options = pool_options(padding, height, width, activation)
    model = one_operator(
        code,
        [int16((batch, height[0], width[0], depth), scale)],
        int16((batch, rows, columns, depth), scale),
        options,
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(
    code=st.sampled_from([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D]),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 5),
    activation=activations,
    seed=seeds,
)
def test_float_pools(kernels, code, height, width, padding, batch, depth, activation, seed):
    height, width = (*height[:3], 1), (*width[:3], 1)
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    options = pool_options(padding, height, width, activation)
    source = floats((batch, height[0], width[0], depth))
    model = one_operator(code, [source], floats((batch, rows, columns, depth)), options)
    assert_floats(kernels, model, seed)


def pool_options(padding, height, width, activation):
    options = schema.Pool2DOptionsT()
    options.padding = int(padding)
    options.filterHeight, options.filterWidth = height[1], width[1]
    options.strideH, options.strideW = height[2], width[2]
    options.fusedActivationFunction = int(activation)
    return options
