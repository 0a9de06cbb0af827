"""Law: whatever operator the reader accepts, its kernel computes what the interpreter computes.

Shapes, quantisation and values are drawn; the reference is TensorFlow Lite Micro.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tflite_micro import runtime

from compiler.errors import UnsupportedModel
from compiler.graph import ElementType, OperatorCode
from compiler.ops.windows import extent
from compiler.options import Activation, Padding
from compiler.tflite import read

from .kernel_call import Kernels
from .model_builder import TensorSpec, one_operator, schema

many = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

zero_points = st.integers(-128, 127)
scales = st.floats(2**-12, 1.0, width=32)
activations = st.sampled_from(Activation)
seeds = st.integers(0, 2**32 - 1)


def assert_same(kernels: Kernels, model: bytes, seed: int) -> None:
    """Assert that kernel and interpreter agree on every element, for three inputs."""
    try:
        graph = read(model)
    except UnsupportedModel as refusal:
        assume("32-bit accumulators" not in str(refusal))
        raise
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    random = np.random.default_rng(seed)
    for kind in ("random", "lowest", "highest"):
        inputs = [
            values(random, graph.tensors[n].shape, graph.tensors[n].type, kind)
            for n in graph.inputs
        ]
        for position, array in enumerate(inputs):
            interpreter.set_input(array, position)
        interpreter.invoke()
        expected = interpreter.get_output(0)
        found = np.frombuffer(kernels.run(graph, inputs), expected.dtype)
        np.testing.assert_array_equal(found, expected.reshape(-1), str(graph))


def values(
    random: np.random.Generator, shape: tuple[int, ...], type_: ElementType, kind: str
) -> NDArray[Any]:
    if type_ is ElementType.FLOAT32:
        return (random.standard_normal(shape) * 10).astype(np.float32)
    if kind != "random":
        return np.full(shape, -128 if kind == "lowest" else 127, np.int8)
    return random.integers(-128, 128, shape, np.int8)


def int8(shape: tuple[int, ...], scale: float, zero_point: int) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero_point,))


@st.composite
def weighted(
    draw: st.DrawFn, shape: tuple[int, ...], axis: int, channels: int
) -> tuple[TensorSpec, TensorSpec | None, float, int]:
    """Draw weights, bias, the input's scale and a seed."""
    seed = draw(seeds)
    random = np.random.default_rng(seed)
    per_channel = draw(st.booleans())
    given_scales = draw(
        st.lists(
            scales, min_size=channels if per_channel else 1, max_size=channels if per_channel else 1
        )
    )
    weights = TensorSpec(
        shape,
        scales=tuple(given_scales),
        axis=axis,
        values=random.integers(-127, 128, shape, np.int8),
    )
    source = draw(scales)
    bias = None
    if draw(st.booleans()):
        bias = TensorSpec(
            (channels,),
            ElementType.INT32,
            scales=tuple(np.float32(source * s) for s in given_scales),
            values=random.integers(-(2**14), 2**14, channels, np.int32),
        )
    return weights, bias, source, seed


window_axis = st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
"""Input extent, taps, stride, dilation."""


def output_extent(padding: Padding, axis: tuple[int, int, int, int]) -> int:
    return extent(padding, *axis).output


def convolution_options(
    options: Any,
    padding: Padding,
    height: tuple[int, ...],
    width: tuple[int, ...],
    activation: Activation,
) -> Any:
    options.padding = int(padding)
    options.strideH, options.strideW = height[2], width[2]
    options.dilationHFactor, options.dilationWFactor = height[3], width[3]
    options.fusedActivationFunction = int(activation)
    return options


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
    assert_same(kernels, model, seed)


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
    assert_same(kernels, model, seed)


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
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(activation)
    if bias is not None:
        # The interpreter refuses a bias whose scale is far from the product's.
        assume(all(s * scale / result < 2**20 for s in weights.scales))
    model = one_operator(
        OperatorCode.FULLY_CONNECTED,
        [int8((batch, depth), scale, zeros[0]), weights, bias],
        int8((batch, channels), result, zeros[1]),
        options,
    )
    assert_same(kernels, model, seed)


@many
@given(
    code=st.sampled_from([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D]),
    height=window_axis,
    width=window_axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 5),
    activation=activations,
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_pools(kernels, code, height, width, padding, batch, depth, activation, scale, zero, seed):
    height, width = (*height[:3], 1), (*width[:3], 1)
    rows, columns = output_extent(padding, height), output_extent(padding, width)
    assume(rows > 0 and columns > 0)
    options = schema.Pool2DOptionsT()
    options.padding = int(padding)
    options.filterHeight, options.filterWidth = height[1], width[1]
    options.strideH, options.strideW = height[2], width[2]
    options.fusedActivationFunction = int(activation)
    model = one_operator(
        code,
        [int8((batch, height[0], width[0], depth), scale, zero)],
        int8((batch, rows, columns, depth), scale, zero),
        options,
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    single=st.sampled_from([None, 0, 1]),
    constant=st.booleans(),
    activation=activations,
    ends=st.tuples(scales, scales, scales),
    zeros=st.tuples(*[zero_points] * 3),
    seed=seeds,
)
def test_add(kernels, shape, single, constant, activation, ends, zeros, seed):
    shapes = [(1,) * len(shape) if single == n else shape for n in (0, 1)]
    assert_adds(kernels, shapes, constant, activation, ends, zeros, seed)


@st.composite
def broadcast_shapes(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Draw two shapes that broadcast."""
    result = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    lacking = draw(
        st.lists(st.sampled_from([None, 0, 1]), min_size=len(result), max_size=len(result))
    )
    given_shapes = []
    for n in (0, 1):
        shape = [1 if who == n else size for size, who in zip(result, lacking, strict=True)]
        ones = next((i for i, size in enumerate(shape) if size > 1), len(shape))
        given_shapes.append(tuple(shape[draw(st.integers(0, ones)) :]))
    return given_shapes


@many
@given(
    shapes=broadcast_shapes(),
    constant=st.booleans(),
    activation=activations,
    ends=st.tuples(scales, scales, scales),
    zeros=st.tuples(*[zero_points] * 3),
    seed=seeds,
)
def test_add_broadcasts(kernels, shapes, constant, activation, ends, zeros, seed):
    assert_adds(kernels, shapes, constant, activation, ends, zeros, seed)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 8, 8, 16), (16,)),
        ((1, 8, 8, 16), (1, 1, 1, 16)),
        ((1, 4, 1, 8), (1, 1, 5, 8)),
        ((2, 1) * 3, (1, 3) * 3),
        ((5, 1), (3,)),
        ((2, 3), (1, 1, 1)),
    ],
)
def test_add_broadcasts_what_networks_add(kernels, shapes, constant):
    assert_adds(kernels, shapes, constant, Activation.RELU, (0.5, 0.25, 1.0), (3, -2, 1), 0)


def assert_adds(kernels, shapes, constant, activation, ends, zeros, seed):
    first, second = (int8(shapes[n], ends[n], zeros[n]) for n in (0, 1))
    result = int8(np.broadcast_shapes(*shapes), ends[2], zeros[2])
    if constant:
        random = np.random.default_rng(seed)
        second = TensorSpec(
            second.shape,
            scales=second.scales,
            zero_points=second.zero_points,
            values=random.integers(-128, 128, second.shape, np.int8),
        )
    options = schema.AddOptionsT()
    options.fusedActivationFunction = int(activation)
    model = one_operator(OperatorCode.ADD, [first, second], result, options)
    assert_same(kernels, model, seed)


@many
@given(
    rows=st.lists(st.integers(1, 3), max_size=3),
    depth=st.integers(1, 300),
    beta=st.floats(2**-8, 2.0, width=32),
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_softmax(kernels, rows, depth, beta, scale, zero, seed):
    shape = (*rows, depth)
    options = schema.SoftmaxOptionsT()
    options.beta = beta
    model = one_operator(
        OperatorCode.SOFTMAX, [int8(shape, scale, zero)], int8(shape, 1 / 256, -128), options
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple),
    data=st.data(),
    scale=scales,
    zero=zero_points,
    seed=seeds,
)
def test_transpose(kernels, shape, data, scale, zero, seed):
    order = data.draw(st.permutations(range(len(shape))))
    model = one_operator(
        OperatorCode.TRANSPOSE,
        [
            int8(shape, scale, zero),
            TensorSpec((len(shape),), ElementType.INT32, values=np.array(order, np.int32)),
        ],
        int8(tuple(shape[axis] for axis in order), scale, zero),
        schema.TransposeOptionsT(),
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    source=st.tuples(scales, zero_points),
    result=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_quantize_from_int8(kernels, shape, source, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [int8(shape, *source)],
        int8(shape, *result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    result=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_quantize_from_float(kernels, shape, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(shape, ElementType.FLOAT32)],
        int8(shape, *result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed)


@pytest.mark.parametrize("zero_point", [-128, -1, 0, 127])
def test_quantize_rounds_ties_away_from_zero(kernels, zero_point):
    ties = np.arange(-300, 300, dtype=np.float32) + np.float32(0.5)
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(ties.shape, ElementType.FLOAT32)],
        int8(ties.shape, 1.0, zero_point),
        schema.QuantizeOptionsT(),
    )
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    near = np.concatenate([np.nextafter(ties, np.float32(s)) for s in (-1e9, 1e9)])
    for inputs in (ties, near[:600], near[600:]):
        interpreter.set_input(inputs, 0)
        interpreter.invoke()
        found = np.frombuffer(kernels.run(read(model), [inputs]), np.int8)
        np.testing.assert_array_equal(found, interpreter.get_output(0))


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_quantize_saturates_whatever_the_float(kernels, zero_point):
    inputs = np.array([1e30, -1e30, np.inf, -np.inf, 3e9, -3e9], np.float32)
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(inputs.shape, ElementType.FLOAT32)],
        int8(inputs.shape, 1.0, zero_point),
        schema.QuantizeOptionsT(),
    )
    found = np.frombuffer(kernels.run(read(model), [inputs]), np.int8)
    assert found.tolist() == [127, -128, 127, -128, 127, -128]


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    source=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_dequantize(kernels, shape, source, seed):
    model = one_operator(
        OperatorCode.DEQUANTIZE,
        [int8(shape, *source)],
        TensorSpec(shape, ElementType.FLOAT32),
        schema.DequantizeOptionsT(),
    )
    assert_same(kernels, model, seed)
