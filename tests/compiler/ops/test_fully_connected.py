"""FULLY_CONNECTED against the interpreter."""

from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.profile import Objective

from .float_law import assert_floats, constant_floats, floats, magnitudes
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
from .weights_law import fine_scales, fully_connected, weighted, weighted_int16


@many
@given(
    data=st.data(),
    batch=st.integers(1, 3),
    depth=st.integers(1, 40),
    channels=st.integers(1, 6),
    activation=activations,
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_fully_connected(kernels, data, batch, depth, channels, activation, zeros, result):
    weights, bias, scale, seed = data.draw(weighted((channels, depth), 0, channels))
    if bias is not None:
        # The interpreter refuses a bias whose scale is far from the product's.
        assume(all(s * scale / result < 2**20 for s in weights.scales))
    model = fully_connected(
        [int8((batch, depth), scale, zeros[0]), weights, bias],
        int8((batch, channels), result, zeros[1]),
        activation,
    )
    assert_same(kernels, model, seed, (*EVERYWHERE, chosen(Objective.RAM)))


@many
@given(
    data=st.data(),
    batch=st.integers(1, 3),
    depth=st.integers(1, 40) | st.integers(500, 1100),
    channels=st.integers(1, 6),
    activation=activations,
    result=fine_scales,
)
def test_fully_connected_int16(kernels, data, batch, depth, channels, activation, result):
    weights, bias, scale, seed = data.draw(weighted_int16((channels, depth), 0, channels))
    model = fully_connected(
        [int16((batch, depth), scale), weights, bias], int16((batch, channels), result), activation
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(
    batch=st.integers(1, 3),
    depth=st.integers(1, 40),
    channels=st.integers(1, 6),
    activation=activations,
    biased=st.booleans(),
    magnitude=magnitudes,
    seed=seeds,
)
def test_fully_connected_float(
    kernels, batch, depth, channels, activation, biased, magnitude, seed
):
    weights = constant_floats((channels, depth), seed)
    bias = constant_floats((channels,), seed) if biased else None
    model = fully_connected(
        [floats((batch, depth)), weights, bias], floats((batch, channels)), activation
    )
    assert_floats(kernels, model, seed, magnitude)
