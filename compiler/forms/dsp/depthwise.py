"""DEPTHWISE_CONV_2D with one filter for each channel."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import conditions, overlap, weights, windows
from ...ops.call import (
    ArrayArgument,
    CType,
    Lowered,
    ScratchArgument,
    TensorArgument,
    Value,
    kernel,
)
from ...profile import Objective
from ..form import Form
from .channels import Channels, channels_of
from .clamp import clamp
from .packing import bytes_in_words, halves

_CHANNELS_MIN = 4
"""The kernel loads four at a time."""


_WINDOW = (3, 3)
"""The window of the kernel that takes a plane at a time."""


_PLANES = 4
"""As many as a load brings are expanded at once."""


def constants(graph: Graph, operator: Operator, *, folded: bool) -> Channels | None:
    """Return the constants of an operator with one filter for each channel, if they are exact."""
    depth = graph.output(operator).shape[3]
    if graph.input(operator, 0).shape[3] != depth:
        return None
    filters = weights.int8_values(graph.input(operator, 1)).reshape(-1, depth).T
    return channels_of(graph, operator, filters, folded=folded)


def serves_pixels(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether four channels at a time can be computed, and taps are side by side."""
    return (
        machine.has("dsp")
        and windows.window_of(operator).dilation == (1, 1)
        and graph.output(operator).shape[3] >= _CHANNELS_MIN
        and constants(graph, operator, folded=False) is not None
    )


def lower_pixels(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of the kernel that takes a pixel at a time and needs no memory."""
    channels = constants(graph, operator, folded=False)
    if channels is None:
        raise ValueError(f"{operator} is not served by this form")
    offset = -conditions.quantization(graph.input(operator, 0)).zero_point
    size = weights.window_size(graph, operator)
    parameters: dict[str, Value] = {
        "window": windows.window_members(graph, operator, size),
        "input_offset": halves(offset),
        "channels": channels.members(),
    }
    call = kernel(
        "depthwise_conv_2d_dsp",
        parameters,
        TensorArgument("input", operator.inputs[0]),
        channels.constants(bytes_in_words(channels.weights.T)),
        TensorArgument("output", operator.outputs[0]),
    )
    call = replace(call, sources=(*call.sources, "channels_dsp.c"))
    overlaps = overlap.window(graph, operator, size)
    return clamp(graph, operator, Lowered((call,), overlaps=overlaps))


def serves_planes(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether a channel's plane at a time is worth scratch memory, and nothing shifts left."""
    window = windows.window_of(operator)
    if not machine.has("dsp") or machine.objective is not Objective.SPEED:
        return False
    if weights.window_size(graph, operator) != _WINDOW or window.dilation != (1, 1):
        return False
    if window.stride not in ((1, 1), (2, 2)):
        return False
    channels = constants(graph, operator, folded=True)
    return channels is not None and min(channels.exponents) >= 0


def lower_planes(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of the kernel that takes a plane at a time, in strips of rows."""
    channels = constants(graph, operator, folded=True)
    if channels is None:
        raise ValueError(f"{operator} is not served by this form")
    strips = _strips(graph, operator)
    zero_point = conditions.quantization(graph.input(operator, 0)).zero_point
    parameters: dict[str, Value] = {
        "window": windows.window_members(graph, operator, _WINDOW),
        "depth": graph.output(operator).shape[3],
        "ties": channels.ties,
        "padding": halves(zero_point),
        "rows": strips.rows,
        "planes": strips.planes,
        "pitch": strips.pitch,
    }
    call = kernel(
        "depthwise_conv_2d_planes_dsp",
        parameters,
        TensorArgument("input", operator.inputs[0]),
        ArrayArgument.of("channels", _records(channels), CType.INT32),
        ScratchArgument(CType.INT32),
        TensorArgument("output", operator.outputs[0]),
    )
    overlaps = overlap.strips(graph, operator, _WINDOW, strips.rows)
    return clamp(graph, operator, Lowered((call,), strips.scratch, overlaps))


@dataclass(frozen=True, slots=True)
class _Strips:
    """Rows of the output in a strip, planes at once, words in a row of one, bytes of scratch."""

    rows: int
    planes: int
    pitch: int
    scratch: int


def _strips(graph: Graph, operator: Operator) -> _Strips:
    """Return the longest strips that need no more memory than input and output side by side."""
    source, result = graph.input(operator, 0), graph.output(operator)
    _, height, width, _ = result.shape
    stride = windows.window_of(operator).stride[0]
    # Outputs are computed by twos; a stride of 2 loads a word more.
    pitch = -(-max((width + width % 2) * stride + 2, source.shape[2] + 1 + stride) // 2)
    planes = _PLANES if result.shape[3] >= _PLANES else 1
    for parts in range(1, height + 1):
        rows = -(-height // parts)
        scratch = 4 * planes * pitch * ((rows - 1) * stride + _WINDOW[0])
        for over in overlap.strips(graph, operator, _WINDOW, rows):
            whole = max(over.distance + source.size, result.size)
            if over.distance < result.size and whole + scratch <= source.size + result.size:
                return _Strips(rows, planes, pitch, scratch)
    return _Strips(1, 1, pitch, 4 * pitch * _WINDOW[0])


def _records(channels: Channels) -> NDArray[np.int64]:
    """Return the seven words of each channel."""
    rows = np.pad(channels.weights.reshape(-1, 3, 3), ((0, 0), (0, 0), (0, 1)))
    words = rows.astype("<i1").reshape(-1, 12).view("<i4")
    return np.concatenate((2 * channels.bias[:, None], channels.scales, words), axis=1).ravel()


PLANES = Form("depthwise_conv_2d_planes_dsp", serves_planes, lower_planes)
PIXELS = Form("depthwise_conv_2d_dsp", serves_pixels, lower_pixels)
