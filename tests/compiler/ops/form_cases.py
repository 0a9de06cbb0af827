"""Models of one weighted operator each, of sizes at which blocked kernels have whole blocks.

Weights are drawn to the extremes too: all -128, all 127, all zero, and single ones.
"""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from compiler.graph import ElementType

from ..model_builder import TensorSpec
from .operator_law import activations, int8, seeds, zero_points
from .weights_law import fully_connected
from .window_law import slidings

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
def convolutions(draw: st.DrawFn) -> tuple[bytes, int]:
    """Draw a CONV_2D or DEPTHWISE_CONV_2D, and a seed for its inputs."""
    axis = st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))
    slide = draw(slidings(st.tuples(axis, axis), batches=st.just(1)))
    zeros = draw(st.tuples(zero_points, zero_points))
    depth = draw(st.sampled_from([1, 2, 3, 8, 16, 20]))
    if draw(st.booleans()):
        channels, model = draw(st.integers(1, 10)), slide.convolution
        weights, bias, seed = draw(operands((channels, *slide.taps, depth), 0))
    else:
        channels, model = depth, slide.depthwise
        weights, bias, seed = draw(operands((1, *slide.taps, depth), 3))
    source = int8(slide.source(depth), SOURCE, zeros[0])
    return model(source, weights, bias, int8(slide.result(channels), 0.06, zeros[1])), seed


@st.composite
def layers(draw: st.DrawFn) -> tuple[bytes, int]:
    """Draw a FULLY_CONNECTED, and a seed for its inputs."""
    depth, channels = draw(st.integers(1, 70)), draw(st.integers(1, 12))
    zeros = draw(st.tuples(zero_points, zero_points))
    weights, bias, seed = draw(operands((channels, depth), 0))
    batch, activation = draw(st.integers(1, 2)), draw(activations)
    source, result = int8((batch, depth), SOURCE, zeros[0]), int8((batch, channels), 0.06, zeros[1])
    return fully_connected([source, weights, bias], result, activation), seed
