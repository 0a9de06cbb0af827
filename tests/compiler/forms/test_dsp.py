"""Law: on a core with `dsp` too, kernels compute what the interpreter computes."""

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.graph import ElementType, OperatorCode
from compiler.options import Activation, Padding
from compiler.tflite import read

from ..kernel_call import Kernels
from ..model_builder import TensorSpec, one_operator, schema
from ..ops.operator_law import assert_same, int8, many, seeds, zero_points
from ..ops.test_conv_2d import test_conv_2d
from ..ops.test_depthwise_conv_2d import test_depthwise_conv_2d
from ..ops.test_fully_connected import test_fully_connected
from ..ops.test_pools import test_pools
from ..ops.weights_law import convolution_options, output_extent

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
    height=axis,
    width=axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 9),
    channels=st.integers(1, 9),
    activation=st.sampled_from(Activation),
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_rows(
    kernels, height, width, padding, batch, depth, channels, activation, zeros, seed
) -> None:
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    source, filters, bias, result = weighted((channels, height[1], width[1], depth), 0, seed)
    model = one_operator(
        OperatorCode.CONV_2D,
        [int8((batch, height[0], width[0], depth), source, zeros[0]), filters, bias],
        int8((batch, rows, columns, channels), result, zeros[1]),
        convolution_options(schema.Conv2DOptionsT(), padding, height, width, activation),
    )
    assert_form(kernels, model, *ROWS)
    assert_same(kernels, model, seed)


@some
@given(
    window=st.one_of(st.tuples(square, square), st.tuples(axis, axis)),
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(4, 9),
    activation=st.sampled_from(Activation),
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_depthwise(kernels, window, padding, batch, depth, activation, zeros, seed) -> None:
    height, width = window
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    source, filters, bias, result = weighted((1, height[1], width[1], depth), 3, seed)
    options: Any = convolution_options(
        schema.DepthwiseConv2DOptionsT(), padding, height, width, activation
    )
    options.depthMultiplier = 1
    model = one_operator(
        OperatorCode.DEPTHWISE_CONV_2D,
        [int8((batch, height[0], width[0], depth), source, zeros[0]), filters, bias],
        int8((batch, rows, columns, depth), result, zeros[1]),
        options,
    )
    assert_form(kernels, model, "tml_depthwise_conv_2d_dsp", "tml_depthwise_conv_2d_planes_dsp")
    assert_same(kernels, model, seed)


@some
@given(
    batch=st.integers(1, 3),
    depth=st.integers(1, 40),
    channels=st.integers(1, 9),
    activation=st.sampled_from(Activation),
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_products(kernels, batch, depth, channels, activation, zeros, seed) -> None:
    source, filters, bias, result = weighted((channels, depth), 0, seed)
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(activation)
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [int8((batch, depth), source, zeros[0]), filters, bias],
        int8((batch, channels), result, zeros[1]),
        options,
    )
    assert_form(kernels, model, *ROWS)
    assert_same(kernels, model, seed)


def test_sums_that_wrap_when_they_are_shifted(kernels) -> None:
    """All outputs were 127 if 32 bits did not wrap: such channels are no constants."""
    filters = TensorSpec((2, 1), scales=(1.0,), values=np.array([[1], [0]], np.int8))
    bias = TensorSpec((2,), ElementType.INT32, scales=(1.0,), values=np.full(2, 3 << 22, np.int32))
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [int8((2, 1), 1.0, 0), filters, bias],
        int8((2, 2), 2.0**-8, 0),
        schema.FullyConnectedOptionsT(),
    )
    assert_same(kernels, model, seed=1)
