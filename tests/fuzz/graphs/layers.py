"""Operators with weights: convolutions, fully connected layers, LSTMs."""

import numpy as np

from compiler.graph import OperatorCode
from tests.compiler.model_builder import constant
from tests.compiler.ops.lstm_law import Lstm

from .growth import Growth, options_of


def convolve(g: Growth, x: int) -> None:
    shape, source = g.shape(x), g.tensors[x]
    if len(shape) != 4:
        return
    deep = g.random.random() < 0.5
    size = [g.random.randint(1, min(3, extent)) for extent in shape[1:3]]
    stride = g.random.randint(1, 2)
    same = g.random.random() < 0.5
    out = [
        -(-n // stride) if same else (n - k) // stride + 1
        for n, k in zip(shape[1:3], size, strict=True)
    ]
    channels = shape[3] * g.random.randint(1, 2) if deep else g.random.randint(1, 6)
    common = {
        "padding": 0 if same else 1,
        "strideH": stride,
        "strideW": stride,
        "dilationHFactor": 1,
        "dilationWFactor": 1,
        "fusedActivationFunction": g.random.choice([0, 1, 3]),
    }
    if deep:
        weights = g.weights((1, *size, channels), channels=channels, axis=3)
        made = options_of("DepthwiseConv2D", depthMultiplier=channels // shape[3], **common)
        code = OperatorCode.DEPTHWISE_CONV_2D
    else:
        weights = g.weights((channels, *size, shape[3]), channels=channels)
        made, code = options_of("Conv2D", **common), OperatorCode.CONV_2D
    inputs = [x, g.tensor(weights), g.tensor(g.bias(source, weights, channels))]
    g.add(code, inputs, [g.int8((shape[0], *out, channels))], made)


def scatter(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 4:
        return
    channels, stride = g.random.randint(1, 4), g.random.randint(1, 2)
    size = [g.random.randint(1, 3), g.random.randint(1, 3)]
    after = (shape[0], shape[1] * stride, shape[2] * stride, channels)
    weights = g.weights((channels, *size, shape[3]), channels=channels)
    bias = g.bias(g.tensors[x], weights, channels)
    inputs = [g.tensor(constant(*after)), g.tensor(weights), x, g.tensor(bias)]
    made = options_of("TransposeConv", strideH=stride, strideW=stride)
    g.add(OperatorCode.TRANSPOSE_CONV, inputs, [g.int8(after)], made)


def connect(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if not shape:
        return
    channels = g.random.randint(1, 9)
    weights = g.weights((channels, shape[-1]))
    inputs = [x, g.tensor(weights), g.tensor(g.bias(g.tensors[x], weights, channels))]
    made = options_of("FullyConnected", keepNumDims=True)
    rows = int(np.prod(shape[:-1], dtype=int))
    g.add(OperatorCode.FULLY_CONNECTED, inputs, [g.int8((rows, channels))], made)


def remember(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 3:
        return
    source = g.tensors[x]
    lstm = Lstm(
        *shape,
        units=g.random.randint(1, 5),
        input=(source.scales[0], (source.zero_points or (0,))[0]),
        seed=g.random.getrandbits(32),
    )
    specs = lstm.inputs()
    inputs = [x] + [-1 if spec is None else g.tensor(spec) for spec in specs[1:]]
    result = g.int8((*shape[:2], lstm.units), *lstm.hidden)
    code = OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM
    g.add(code, inputs, [result], lstm.options())
