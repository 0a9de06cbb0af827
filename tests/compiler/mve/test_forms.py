"""Law: forms with vectors compute what the interpreter computes, on the core that has vectors."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.forms import choose
from compiler.graph import OperatorCode
from compiler.machine import Machine
from compiler.profile import Objective
from compiler.tflite import read

from ..model_builder import one_operator, schema
from ..ops.operator_law import activations, assert_same, int8, many, scales, seeds, zero_points
from ..ops.weights_law import fully_connected, weighted
from ..ops.window_law import slidings
from ..qemu.kernels import m55_kernels

pytestmark = pytest.mark.interop

each_objective = pytest.mark.parametrize("objective", [Objective.FLASH, Objective.SPEED])
thorough = settings(many, max_examples=200)

# Half of the outputs are rectified, which is what most layers are.
results = st.sampled_from([-128, -128, -128, 0, 5])
ratios = st.sampled_from([1.0, 1.5, 4.0, 31.0, 300.0])


def same(model: bytes, name: str, objective: Objective, seed: int) -> None:
    """Assert the law where the form `name` is chosen."""
    graph = read(model)
    machine = Machine(frozenset({"mve"}), objective)
    assume(choose(graph, graph.operators[0], machine)[0] == name)
    kernels, _ = m55_kernels(objective)
    assert_same(kernels, model, seed)


window = st.tuples(
    st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 2), st.integers(1, 2)),
)
point = st.tuples(
    st.tuples(st.integers(1, 7), st.just(1), st.just(1), st.just(1)),
    st.tuples(st.integers(1, 9), st.just(1), st.just(1), st.just(1)),
)
undilated = st.tuples(
    st.tuples(st.integers(1, 7), st.integers(1, 5), st.integers(1, 3), st.just(1)),
    st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 3), st.just(1)),
)

layer = {
    "data": st.data(),
    "zeros": st.tuples(zero_points, results),
    "ratio": ratios,
}
"""What each is drawn with."""


def assert_convolution(objective, data, slide, depth, channels, zeros, ratio):
    weights, bias, scale, seed = data.draw(weighted((channels, *slide.taps, depth), 0, channels))
    model = slide.convolution(
        int8(slide.source(depth), scale, zeros[0]),
        weights,
        bias,
        int8(slide.result(channels), scale * max(weights.scales) * ratio, zeros[1]),
    )
    same(model, "conv_2d_mve", objective, seed)


@each_objective
@thorough
@given(slide=slidings(window), depth=st.integers(1, 20), channels=st.integers(1, 6), **layer)
def test_windows(objective, data, slide, depth, channels, zeros, ratio):
    assert_convolution(objective, data, slide, depth, channels, zeros, ratio)


@each_objective
@thorough
@given(
    slide=slidings(point),
    depth=st.one_of(st.integers(1, 70), st.sampled_from([8, 16, 32, 48, 64, 80])),
    channels=st.integers(1, 5),
    **layer,
)
def test_points(objective, data, slide, depth, channels, zeros, ratio):
    assert_convolution(objective, data, slide, depth, channels, zeros, ratio)


@each_objective
@thorough
@given(slide=slidings(undilated), depth=st.integers(1, 19), **layer)
def test_depthwise(objective, data, slide, depth, zeros, ratio):
    weights, bias, scale, seed = data.draw(weighted((1, *slide.taps, depth), 3, depth))
    model = slide.depthwise(
        int8(slide.source(depth), scale, zeros[0]),
        weights,
        bias,
        int8(slide.result(depth), scale * max(weights.scales) * ratio, zeros[1]),
    )
    same(model, "depthwise_conv_2d_mve", objective, seed)


@each_objective
@thorough
@given(
    batch=st.integers(1, 3),
    depth=st.integers(1, 70),
    channels=st.integers(1, 11),
    activation=activations,
    **layer,
)
def test_fully_connected(objective, data, batch, depth, channels, activation, zeros, ratio):
    weights, bias, scale, seed = data.draw(weighted((channels, depth), 0, channels))
    model = fully_connected(
        [int8((batch, depth), scale, zeros[0]), weights, bias],
        int8((batch, channels), scale * max(weights.scales) * ratio, zeros[1]),
        activation,
    )
    same(model, "fully_connected_mve", objective, seed)


@each_objective
@thorough
@given(
    code=st.sampled_from([OperatorCode.ADD, OperatorCode.SUB]),
    shape=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    given=st.lists(scales, min_size=2, max_size=2),
    ratio=ratios,
    zeros=st.tuples(zero_points, zero_points, zero_points),
    activation=activations,
    seed=seeds,
)
def test_sums(objective, code, shape, given, ratio, zeros, activation, seed):
    options = schema.AddOptionsT() if code is OperatorCode.ADD else schema.SubOptionsT()
    options.fusedActivationFunction = int(activation)
    model = one_operator(
        code,
        [int8(tuple(shape), scale, zero) for scale, zero in zip(given, zeros, strict=False)],
        int8(tuple(shape), max(given) * ratio, zeros[2]),
        options,
    )
    same(model, "sum_mve", objective, seed)
