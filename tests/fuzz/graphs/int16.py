"""Detours through int16: there, one operator, and back."""

from dataclasses import replace

import numpy as np

from compiler.graph import ElementType, OperatorCode

from .growth import Growth, options_of


def detour(g: Growth, x: int) -> None:
    """Go through int16: there, one operator, and back."""
    shape = g.shape(x)
    if not 1 <= len(shape) <= 4:
        return
    g.add(OperatorCode.QUANTIZE, [x], [g.int16(shape)], options_of("Quantize"))
    y = len(g.tensors) - 1
    g.random.choice((connect_wide, pass_wide, combine_wide))(g, y)
    z = len(g.tensors) - 1
    g.add(OperatorCode.QUANTIZE, [z], [g.int8(g.shape(z))], options_of("Quantize"))


def connect_wide(g: Growth, x: int) -> None:
    """A layer of int16 by int8: fully connected, or convolutions where there is an image."""
    shape, source = g.shape(x), g.tensors[x]
    window = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    deep, channels = g.random.random() < 0.5, g.random.randint(1, 6)
    if len(shape) == 4 and deep:
        channels = shape[3]
        weights = g.weights((1, 2, 2, channels), channels=channels, axis=3)
        after, code = shape, OperatorCode.DEPTHWISE_CONV_2D
        made = options_of("DepthwiseConv2D", depthMultiplier=1, **window)
    elif len(shape) == 4:
        weights = g.weights((channels, 2, 2, shape[3]), channels=channels)
        after, code = (*shape[:3], channels), OperatorCode.CONV_2D
        made = options_of("Conv2D", **window)
    else:
        weights = g.weights((channels, shape[-1]))
        after = (int(np.prod(shape[:-1], dtype=int)), channels)
        code, made = OperatorCode.FULLY_CONNECTED, options_of("FullyConnected", keepNumDims=True)
    bias = g.bias(source, weights, channels)
    wide = replace(bias, type=ElementType.INT64, values=np.asarray(bias.values, np.int64) << 20)
    g.add(code, [x, g.tensor(weights), g.tensor(wide)], [g.int16(after)], made)


def pass_wide(g: Growth, x: int) -> None:
    """An operator of one int16."""
    shape = g.shape(x)
    unit, same = g.int16(shape, 2**-15), g.like(x, shape)
    code, result, made = g.random.choice(
        [
            (OperatorCode.LOGISTIC, unit, None),
            (OperatorCode.TANH, unit, None),
            (OperatorCode.SOFTMAX, unit, options_of("Softmax", beta=1.0)),
            (OperatorCode.RELU, g.int16(shape), None),
            (OperatorCode.RELU6, same, None),
            (OperatorCode.QUANTIZE, g.int16(shape), options_of("Quantize")),
        ]
    )
    g.add(code, [x], [result], made)


def combine_wide(g: Growth, x: int) -> None:
    """A sum, difference or product of an int16 with itself."""
    name = g.random.choice(["Add", "Sub", "Mul"])
    made = options_of(name, fusedActivationFunction=g.random.choice([0, 1, 3]))
    g.add(OperatorCode[name.upper()], [x, x], [g.int16(g.shape(x))], made)
