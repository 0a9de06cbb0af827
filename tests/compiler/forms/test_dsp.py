"""Law: on a core with `dsp` too, kernels compute what the interpreter computes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.graph import ElementType
from compiler.options import Activation
from compiler.tflite import read

from ..kernel_call import Kernels
from ..model_builder import TensorSpec
from ..ops.operator_law import activations, assert_same, int8, many, seeds, zero_points
from ..ops.test_conv_2d import test_conv_2d
from ..ops.test_depthwise_conv_2d import test_depthwise_conv_2d
from ..ops.test_fully_connected import test_fully_connected
from ..ops.test_pools import test_pools
from ..ops.weights_law import fully_connected
from ..ops.window_law import slidings

__all__ = ["test_conv_2d", "test_depthwise_conv_2d", "test_fully_connected", "test_pools"]

FAMILY = "dsp"
CORE = "cortex-m4"
FEATURES = ("dsp", "fpv4-sp")

ROWS = ("tml_fully_connected_dsp", "tml_conv_2d_dsp", "tml_conv_2d_pairs_dsp")

some = settings(many, max_examples=25)

axis = st.tuples(st.integers(1, 11), st.integers(1, 4), st.integers(1, 2), st.just(1))
square = st.tuples(st.integers(1, 11), st.just(3), st.integers(1, 2), st.just(1))


def weighted(
    shape: tuple[int, ...], at: int, seed: int
) -> tuple[float, TensorSpec, TensorSpec, float]:
    """Return scales of input and output, weights and bias as trained models have them.

    Some channels are dead, and some hardly ever change the output.
    """
    random = np.random.default_rng(seed)
    channels = shape[at]
    values = random.integers(-127, 128, shape, np.int8)
    scales = random.uniform(2**-10, 2**-6, channels).astype(np.float32)
    still = random.random(channels) < 0.15
    np.moveaxis(values, at, -1)[..., random.random(channels) < 0.15] = 0
    scales[still] = 2**-30
    source, result = random.uniform(2**-8, 2**-4), random.uniform(2**-5, 2**-2)
    bias = random.integers(-(2**13), 2**13, channels, np.int32)
    return (
        float(np.float32(source)),
        TensorSpec(shape, scales=tuple(map(float, scales)), axis=at, values=values),
        TensorSpec(
            (channels,),
            ElementType.INT32,
            scales=tuple(np.float32(source * s) for s in scales),
            values=bias,
        ),
        float(np.float32(result)),
    )


def assert_form(kernels: Kernels, model: bytes, *functions: str) -> None:
    graph = read(model)
    (operator,) = graph.operators
    assert kernels.lower(graph, operator).calls[0].function in functions


@some
@given(
    slide=slidings(st.tuples(axis, axis)),
    depth=st.integers(1, 9),
    channels=st.integers(1, 9),
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_rows(kernels, slide, depth, channels, zeros, seed) -> None:
    source, filters, bias, result = weighted((channels, *slide.taps, depth), 0, seed)
    model = slide.convolution(
        int8(slide.source(depth), source, zeros[0]),
        filters,
        bias,
        int8(slide.result(channels), result, zeros[1]),
    )
    assert_form(kernels, model, *ROWS)
    assert_same(kernels, model, seed)


@some
@given(
    slide=slidings(st.tuples(square, square) | st.tuples(axis, axis)),
    depth=st.integers(4, 9),
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_depthwise(kernels, slide, depth, zeros, seed) -> None:
    source, filters, bias, result = weighted((1, *slide.taps, depth), 3, seed)
    model = slide.depthwise(
        int8(slide.source(depth), source, zeros[0]),
        filters,
        bias,
        int8(slide.result(depth), result, zeros[1]),
    )
    assert_form(kernels, model, "tml_depthwise_conv_2d_dsp", "tml_depthwise_conv_2d_planes_dsp")
    assert_same(kernels, model, seed)


@some
@given(
    batch=st.integers(1, 3),
    depth=st.integers(1, 40),
    channels=st.integers(1, 9),
    activation=activations,
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_products(kernels, batch, depth, channels, activation, zeros, seed) -> None:
    source, filters, bias, result = weighted((channels, depth), 0, seed)
    model = fully_connected(
        [int8((batch, depth), source, zeros[0]), filters, bias],
        int8((batch, channels), result, zeros[1]),
        activation,
    )
    assert_form(kernels, model, *ROWS)
    assert_same(kernels, model, seed)


def test_sums_that_wrap_when_they_are_shifted(kernels) -> None:
    """All outputs were 127 if 32 bits did not wrap: such channels are no constants."""
    filters = TensorSpec((2, 1), scales=(1.0,), values=np.array([[1], [0]], np.int8))
    bias = TensorSpec((2,), ElementType.INT32, scales=(1.0,), values=np.full(2, 3 << 22, np.int32))
    operands = [int8((2, 1), 1.0, 0), filters, bias]
    model = fully_connected(operands, int8((2, 2), 2.0**-8, 0), Activation.NONE)
    assert_same(kernels, model, seed=1)
