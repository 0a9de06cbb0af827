"""DEPTHWISE_CONV_2D against the interpreter."""

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


@many
@given(
    data=st.data(),
    slide=slidings(),
    depth=st.sampled_from([1, 2, 3, 4, 32]),
    multiplier=st.integers(1, 3),
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_depthwise_conv_2d(kernels, data, slide, depth, multiplier, zeros, result):
    channels = depth * multiplier
    weights, bias, scale, seed = data.draw(weighted((1, *slide.taps, channels), 3, channels))
    model = slide.depthwise(
        int8(slide.source(depth), scale, zeros[0]),
        weights,
        bias,
        int8(slide.result(channels), result, zeros[1]),
    )
    assert_same(kernels, model, seed, (*EVERYWHERE, chosen(Objective.RAM)))


@many
@given(
    data=st.data(),
    slide=slidings(),
    depth=st.integers(1, 4),
    multiplier=st.integers(1, 3),
    result=fine_scales,
)
def test_depthwise_conv_2d_int16(kernels, data, slide, depth, multiplier, result):
    channels = depth * multiplier
    weights, bias, scale, seed = data.draw(weighted_int16((1, *slide.taps, channels), 3, channels))
    source = int16(slide.source(depth), scale)
    model = slide.depthwise(source, weights, bias, int16(slide.result(channels), result))
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(
    slide=slidings(),
    depth=st.integers(1, 4),
    multiplier=st.integers(1, 3),
    biased=st.booleans(),
    seed=seeds,
)
def test_depthwise_conv_2d_float(kernels, slide, depth, multiplier, biased, seed):
    channels = depth * multiplier
    weights = constant_floats((1, *slide.taps, channels), seed)
    bias = constant_floats((channels,), seed) if biased else None
    source = floats(slide.source(depth))
    model = slide.depthwise(source, weights, bias, floats(slide.result(channels)))
    assert_floats(kernels, model, seed)
