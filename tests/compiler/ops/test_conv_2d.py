"""CONV_2D, grouped or not, against the interpreter."""

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
    groups=st.integers(1, 3),
    depth=st.integers(1, 5),
    channels=st.integers(1, 4),
    activation=activations,
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_conv_2d(
    kernels, data, height, width, padding, batch, groups, depth, channels, activation, zeros, result
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels *= groups
    weights, bias, scale, seed = data.draw(
        weighted((channels, height[1], width[1], depth), 0, channels)
    )
    model = one_operator(
        OperatorCode.CONV_2D,
        [int8((batch, height[0], width[0], groups * depth), scale, zeros[0]), weights, bias],
        int8((batch, rows, columns, channels), result, zeros[1]),
        convolution_options(schema.Conv2DOptionsT(), padding, height, width, activation),
    )
    assert_same(kernels, model, seed, (*EVERYWHERE, chosen(Objective.RAM)))


@many
@given(
    data=st.data(),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    groups=st.integers(1, 3),
    depth=st.integers(1, 5),
    channels=st.integers(1, 4),
    activation=activations,
    result=fine_scales,
)
def test_conv_2d_int16(
    kernels, data, height, width, padding, batch, groups, depth, channels, activation, result
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels *= groups
    weights, bias, scale, seed = data.draw(
        weighted_int16((channels, height[1], width[1], depth), 0, channels)
    )
    model = one_operator(
        OperatorCode.CONV_2D,
        [int16((batch, height[0], width[0], groups * depth), scale), weights, bias],
        int16((batch, rows, columns, channels), result),
        convolution_options(schema.Conv2DOptionsT(), padding, height, width, activation),
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    groups=st.integers(1, 3),
    depth=st.integers(1, 5),
    channels=st.integers(1, 4),
    activation=activations,
    biased=st.booleans(),
    seed=seeds,
)
def test_conv_2d_float(
    kernels, height, width, padding, batch, groups, depth, channels, activation, biased, seed
):
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    channels *= groups
    weights = constant_floats((channels, height[1], width[1], depth), seed)
    bias = constant_floats((channels,), seed) if biased else None
    model = one_operator(
        OperatorCode.CONV_2D,
        [floats((batch, height[0], width[0], groups * depth)), weights, bias],
        floats((batch, rows, columns, channels)),
        convolution_options(schema.Conv2DOptionsT(), padding, height, width, activation),
    )
    assert_floats(kernels, model, seed)
