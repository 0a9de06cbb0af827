"""CONV_2D, grouped or not, against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.profile import Objective

from .float_law import assert_floats, constant_floats, floats
from .operator_law import (
    EVERYWHERE,
    assert_same,
    chosen,
    int8,
    int16,
    many,
    scales,
    seeds,
    zero_points,
)
from .weights_law import fine_scales, weighted, weighted_int16
from .window_law import slidings

sizes = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4))
"""Groups, and the depth of the input and of the output of each."""


@many
@given(
    data=st.data(),
    slide=slidings(),
    size=sizes,
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_conv_2d(kernels, data, slide, size, zeros, result):
    groups, depth, channels = size[0], size[1], size[0] * size[2]
    weights, bias, scale, seed = data.draw(weighted((channels, *slide.taps, depth), 0, channels))
    model = slide.convolution(
        int8(slide.source(groups * depth), scale, zeros[0]),
        weights,
        bias,
        int8(slide.result(channels), result, zeros[1]),
    )
    assert_same(kernels, model, seed, (*EVERYWHERE, chosen(Objective.RAM)))


@many
@given(data=st.data(), slide=slidings(), size=sizes, result=fine_scales)
def test_conv_2d_int16(kernels, data, slide, size, result):
    groups, depth, channels = size[0], size[1], size[0] * size[2]
    weights, bias, scale, seed = data.draw(
        weighted_int16((channels, *slide.taps, depth), 0, channels)
    )
    source = int16(slide.source(groups * depth), scale)
    model = slide.convolution(source, weights, bias, int16(slide.result(channels), result))
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(slide=slidings(), size=sizes, biased=st.booleans(), seed=seeds)
def test_conv_2d_float(kernels, slide, size, biased, seed):
    groups, depth, channels = size[0], size[1], size[0] * size[2]
    weights = constant_floats((channels, *slide.taps, depth), seed)
    bias = constant_floats((channels,), seed) if biased else None
    source = floats(slide.source(groups * depth))
    model = slide.convolution(source, weights, bias, floats(slide.result(channels)))
    assert_floats(kernels, model, seed)
