"""What convolutions and fully connected layers share: weights, bias, requantisation."""

import numpy as np
import numpy.typing as npt

from ..graph import ElementType, Graph, Operator, Tensor
from ..options import ArithmeticOptions, Conv2DOptions, FullyConnectedOptions, Pool2DOptions
from ..quantization import (
    INT8_ENDS,
    INT16_ENDS,
    Multiplier,
    activation_range,
    channel_multipliers,
)
from . import overlap, windows
from .call import Argument, ArrayArgument, CType, Overlap, TensorArgument, Value
from .conditions import is_float, is_int16, quantization

INT32_MAX = 2**31 - 1

_BIAS_TYPES = {ElementType.FLOAT32: ElementType.FLOAT32, ElementType.INT16: ElementType.INT64}
"""The bias's type by the input's; of others it is int32."""


def constant_weights(graph: Graph, operator: Operator) -> bool:
    """The weights must be constant, and float32 if the input is, else int8, quantised symmetrically
    (all zero points 0): quantise the whole model to int8 when converting it.
    """
    weights = graph.input(operator, 1)
    if is_float(graph, operator):
        return weights.constant and weights.type is ElementType.FLOAT32
    given = weights.quantization
    return (
        weights.constant
        and weights.type is ElementType.INT8
        and given is not None
        and not any(given.zero_points)
    )


def constant_bias(graph: Graph, operator: Operator) -> bool:
    """The bias must be absent or constant: float32 if the input is, int64 if that is int16, else
    int32.
    """
    bias = graph.optional_input(operator, 2)
    type_ = _BIAS_TYPES.get(graph.input(operator, 0).type, ElementType.INT32)
    return bias is None or (bias.constant and bias.type is type_)


def bias_per_channel(graph: Graph, operator: Operator) -> bool:
    """The bias must have one element per output channel."""
    bias = graph.optional_input(operator, 2)
    return bias is None or bias.elements == graph.output(operator).shape[-1]


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The scale of the output must not be smaller than the product of the other scales by 2^30 or
    more, of int16 by 2^7 or more.
    """
    most = 7 if is_int16(graph, operator) else 30
    return is_float(graph, operator) or all(
        multiplier.shift <= most for multiplier in multipliers(graph, operator)
    )


def output_size(graph: Graph, operator: Operator) -> bool:
    """The output's height and width must be those that padding, stride, dilation and the weights
    give.
    """
    return windows.walks_to_output(graph, operator, window_size(graph, operator))


def accumulators_fit(graph: Graph, operator: Operator, weights: npt.NDArray[np.int8]) -> bool:
    """Whether no input can bring an accumulator out of 32 bits.

    `weights` has one row per output channel. The reference adds in 32 bits and
    is undefined beyond; so the proof here spares the kernel every check.
    """
    source = quantization(graph.input(operator, 0))
    furthest = max(127 - source.zero_point, 128 + source.zero_point)
    sums = np.abs(weights.astype(np.int16)).sum(axis=1, dtype=np.int64)
    reach = sums * furthest + np.abs(bias_values(graph, operator))
    return bool(reach.max(initial=0) <= INT32_MAX)


def int8_values(tensor: Tensor) -> npt.NDArray[np.int8]:
    """Return a constant int8 tensor's values, in its shape."""
    return np.frombuffer(tensor.data or b"", np.int8).reshape(tensor.shape)


def bias_values(graph: Graph, operator: Operator) -> npt.NDArray[np.int64]:
    """Return the bias, zeros where there is none; one per output channel."""
    bias = graph.optional_input(operator, 2)
    if bias is None:
        return np.zeros(graph.output(operator).shape[-1], np.int64)
    layout = "<i8" if bias.type is ElementType.INT64 else "<i4"
    return np.frombuffer(bias.data or b"", layout).astype(np.int64)


def multipliers(graph: Graph, operator: Operator) -> tuple[Multiplier, ...]:
    """Return the requantisation of accumulators, one for all channels or one for each."""
    return channel_multipliers(
        quantization(graph.input(operator, 0)),
        quantization(graph.input(operator, 1)),
        quantization(graph.output(operator)),
    )


def window_size(graph: Graph, operator: Operator) -> tuple[int, int]:
    """Return height and width of a convolution's window."""
    _, height, width, _ = graph.input(operator, 1).shape
    return height, width


def overlaps(graph: Graph, operator: Operator) -> tuple[Overlap, ...]:
    """Return that of convolutions that write a pixel while they read it."""
    return overlap.window(graph, operator, window_size(graph, operator))


def output_members(graph: Graph, operator: Operator) -> dict[str, Value]:
    """Return the members that say how an accumulator becomes an int8 of the output."""
    low, high = clamp(graph, operator)
    return {
        "input_offset": -quantization(graph.input(operator, 0)).zero_point,
        "output_offset": quantization(graph.output(operator)).zero_point,
        "activation_min": low,
        "activation_max": high,
        "channel_step": int(not quantization(graph.input(operator, 1)).per_tensor),
    }


def clamp(graph: Graph, operator: Operator) -> tuple[int, int]:
    """Return the least and the greatest output of an operator with a fused activation."""
    options = operator.options
    if not isinstance(
        options, Conv2DOptions | Pool2DOptions | FullyConnectedOptions | ArithmeticOptions
    ):
        raise TypeError(f"{operator} has no activation")
    result = graph.output(operator)
    limits = INT16_ENDS if result.type is ElementType.INT16 else INT8_ENDS
    return activation_range(options.activation, quantization(result), limits)


def arguments(graph: Graph, operator: Operator) -> tuple[Argument, ...]:
    """Return what the kernels of this kind take after their parameters."""
    bias = operator.inputs[2] if len(operator.inputs) > 2 else None
    values, shifts = zip(*multipliers(graph, operator), strict=True)
    return (
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("weights", operator.inputs[1]),
        TensorArgument("bias", bias, CType.INT32),
        ArrayArgument.of("multiplier", values, CType.INT32),
        ArrayArgument.of("shift", shifts, CType.INT8),
        TensorArgument("output", operator.outputs[0]),
    )
