"""Models of one weighted operator each, of sizes at which blocked kernels have whole blocks.

Weights are drawn to the extremes too: all -128, all 127, all zero, and single ones.
"""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from compiler.graph import ElementType, OperatorCode
from compiler.options import Activation, Padding

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import activations, int8, seeds, zero_points
from .weights_law import convolution_options, output_extent

SOURCE = 0.05
KINDS = ("random", "small", "lowest", "highest", "zero", "alternating", "mixed")


def weight_values(
    random: np.random.Generator, shape: tuple[int, ...], kind: str
) -> NDArray[np.int8]:
    """Return int8 weights of a kind; `mixed` is one kind per element of the first dimension."""
    if kind == "mixed":
        rows = [
            weight_values(random, shape[1:], KINDS[random.integers(6)]) for _ in range(shape[0])
        ]
        return np.stack(rows)
    match kind:
        case "random":
            return random.integers(-127, 128, shape, np.int8)
        case "small":
            return random.integers(-9, 10, shape, np.int8)
        case "alternating":
            return np.where(random.integers(0, 2, shape), 127, -128).astype(np.int8)
    return np.full(shape, {"lowest": -128, "highest": 127, "zero": 0}[kind], np.int8)


@st.composite
def operands(
    draw: st.DrawFn, shape: tuple[int, ...], axis: int
) -> tuple[TensorSpec, TensorSpec, int]:
    """Draw weights and bias, with a scale per channel of `axis`, and a seed."""
    seed = draw(seeds)
    random = np.random.default_rng(seed)
    channels = shape[axis]
    given = tuple(float(np.float32(s)) for s in random.uniform(1e-4, 2e-2, channels))
    kind = draw(st.sampled_from(KINDS))
    weights = TensorSpec(shape, scales=given, axis=axis, values=weight_values(random, shape, kind))
    bias = TensorSpec(
        (channels,),
        ElementType.INT32,
        scales=tuple(float(np.float32(SOURCE * s)) for s in given),
        values=random.integers(-(2**12), 2**12, channels, np.int32),
    )
    return weights, bias, seed


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], Padding, Activation]:
    """Draw height and width as (input extent, taps, stride, dilation), and the options."""
    axis = st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))
    return draw(axis), draw(axis), draw(st.sampled_from(Padding)), draw(activations)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[bytes, int]:
    """Draw a CONV_2D or DEPTHWISE_CONV_2D, and a seed for its inputs."""
    height, width, padding, activation = draw(windows())
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    zeros = draw(st.tuples(zero_points, zero_points))
    depth = draw(st.sampled_from([1, 2, 3, 8, 16, 20]))
    if draw(st.booleans()):
        channels, code = draw(st.integers(1, 10)), OperatorCode.CONV_2D
        shape, axis, options = (channels, height[1], width[1], depth), 0, schema.Conv2DOptionsT()
    else:
        channels, code, axis = depth, OperatorCode.DEPTHWISE_CONV_2D, 3
        shape, options = (1, height[1], width[1], depth), schema.DepthwiseConv2DOptionsT()
        options.depthMultiplier = 1
    weights, bias, seed = draw(operands(shape, axis))
    model = one_operator(
        code,
        [int8((1, height[0], width[0], depth), SOURCE, zeros[0]), weights, bias],
        int8((1, rows, columns, channels), 0.06, zeros[1]),
        convolution_options(options, padding, height, width, activation),
    )
    return model, seed


@st.composite
def layers(draw: st.DrawFn) -> tuple[bytes, int]:
    """Draw a FULLY_CONNECTED, and a seed for its inputs."""
    depth, channels = draw(st.integers(1, 70)), draw(st.integers(1, 12))
    zeros = draw(st.tuples(zero_points, zero_points))
    weights, bias, seed = draw(operands((channels, depth), 0))
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(draw(activations))
    batch = draw(st.integers(1, 2))
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [int8((batch, depth), SOURCE, zeros[0]), weights, bias],
        int8((batch, channels), 0.06, zeros[1]),
        options,
    )
    return model, seed
