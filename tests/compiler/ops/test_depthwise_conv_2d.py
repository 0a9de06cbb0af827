"""DEPTHWISE_CONV_2D against the interpreter."""

from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Padding
from compiler.profile import Objective

from ..model_builder import one_operator, schema
from .float_law import assert_floats, constant_floats, floats
from .operator_law import (
    EVERYWHERE,
    activations,
    assert_same,
    chosen,
    int8,
    int16,
    many,
    scales,
    seeds,
    zero_points,
)
from .weights_law import (
    convolution_options,
    fine_scales,
    output_extent,
    weighted,
    weighted_int16,
    window_axis,
)


@many
@given(
    data=st.data(),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.sampled_from([1, 2, 3, 4, 32]),
    multiplier=st.integers(1, 3),
    activation=activations,
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_depthwise_conv_2d(
    kernels, data, height, width, padding, batch, depth, multiplier, activation, zeros, result
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels = depth * multiplier
    weights, bias, scale, seed = data.draw(
        weighted((1, height[1], width[1], channels), 3, channels)
    )
    options = convolution_options(
        schema.DepthwiseConv2DOptionsT(), padding, height, width, activation
    )
    options.depthMultiplier = multiplier
    model = one_operator(
        OperatorCode.DEPTHWISE_CONV_2D,
        [
            int8((batch, height[0], width[0], depth), scale, zeros[0]),
            weights,
            *([bias] if bias else []),
        ],
        int8((batch, rows, columns, channels), result, zeros[1]),
        options,
    )
    assert_same(kernels, model, seed, (*EVERYWHERE, chosen(Objective.RAM)))


@many
@given(
    data=st.data(),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 4),
    multiplier=st.integers(1, 3),
    activation=activations,
    result=fine_scales,
)
def test_depthwise_conv_2d_int16(
    kernels, data, height, width, padding, batch, depth, multiplier, activation, result
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels = depth * multiplier
    weights, bias, scale, seed = data.draw(
        weighted_int16((1, height[1], width[1], channels), 3, channels)
    )
    options = convolution_options(
        schema.DepthwiseConv2DOptionsT(), padding, height, width, activation
    )
    options.depthMultiplier = multiplier
    model = one_operator(
        OperatorCode.DEPTHWISE_CONV_2D,
        [int16((batch, height[0], width[0], depth), scale), weights, *([bias] if bias else [])],
        int16((batch, rows, columns, channels), result),
        options,
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 4),
    multiplier=st.integers(1, 3),
    activation=activations,
    biased=st.booleans(),
    seed=seeds,
)
def test_depthwise_conv_2d_float(
    kernels, height, width, padding, batch, depth, multiplier, activation, biased, seed
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels = depth * multiplier
    weights = constant_floats((1, height[1], width[1], channels), seed)
    bias = [constant_floats((channels,), seed)] if biased else []
    options = convolution_options(
        schema.DepthwiseConv2DOptionsT(), padding, height, width, activation
    )
    options.depthMultiplier = multiplier
    model = one_operator(
        OperatorCode.DEPTHWISE_CONV_2D,
        [floats((batch, height[0], width[0], depth)), weights, *bias],
        floats((batch, rows, columns, channels)),
        options,
    )
    assert_floats(kernels, model, seed)
