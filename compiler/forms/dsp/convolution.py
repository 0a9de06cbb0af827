"""CONV_2D and FULLY_CONNECTED: rows of the input times pairs of channels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator, OperatorCode
from ...machine import Machine
from ...ops import conditions, overlap, weights, windows
from ...ops.call import (
    Argument,
    ArrayArgument,
    Call,
    CType,
    Lowered,
    Overlap,
    ScratchArgument,
    TensorArgument,
    Value,
    kernel,
)
from ...profile import Objective
from ..form import Form
from .channels import Channels, channels_of
from .clamp import clamp
from .packing import doubled, packable, packed, padded, quarters


def filters(graph: Graph, operator: Operator) -> NDArray[np.int8] | None:
    """Return the weights with a row for each output channel, of all that a window sees.

    None where channels see different parts of the input.
    """
    values = weights.int8_values(graph.input(operator, 1))
    match operator.code:
        case OperatorCode.FULLY_CONNECTED:
            return values
        case OperatorCode.CONV_2D if values.shape[3] == graph.input(operator, 0).shape[3]:
            return values.reshape(len(values), -1)
        case OperatorCode.DEPTHWISE_CONV_2D if graph.input(operator, 0).shape[3] == 1:
            return values.reshape(-1, values.shape[3]).T
    return None


def constants(graph: Graph, operator: Operator) -> Channels | None:
    """Return the constants of an operator, None where these kernels cannot take them."""
    matrix = filters(graph, operator)
    if matrix is None:
        return None
    channels = channels_of(graph, operator, matrix, folded=True)
    return channels if channels is not None and packable(channels.weights) else None


def serves_rows(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether a pixel's products can be summed in pairs of channels."""
    return machine.has("dsp") and constants(graph, operator) is not None


def serves_pairs(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether two pixels at a time are worth their scratch memory, and nothing shifts left."""
    if not machine.has("dsp") or machine.objective is not Objective.SPEED:
        return False
    if graph.output(operator).elements == graph.output(operator).shape[-1]:
        return False
    channels = constants(graph, operator)
    return channels is not None and min(channels.exponents) >= 0


def lower_rows(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of the kernel that takes a pixel at a time."""
    channels = _served(graph, operator)
    window, single = _window(graph, operator)
    if not single:
        return _lower_patches(graph, operator, channels, window, direct=False, pairs=False)
    depth = channels.weights.shape[1]
    size = padded(depth)
    parameters: dict[str, Value] = {
        "batches": _pixels(graph, operator),
        "input_depth": depth,
        "size": size,
        "channels": channels.members(),
    }
    source, result = _tensors(operator)
    scratch = size if size != depth else 0
    arguments = (source, _constants(channels), result, _scratch(scratch, CType.INT8))
    call = _call("fully_connected_dsp", parameters, *arguments)
    overlaps = _overlaps(graph, operator, copied=False)
    return clamp(graph, operator, Lowered((call,), scratch, overlaps))


def lower_pairs(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of the kernel that takes two pixels at a time."""
    window, single = _window(graph, operator)
    direct = single and _depth(graph, operator) % 4 == 0
    channels = _served(graph, operator)
    return _lower_patches(graph, operator, channels, window, direct=direct, pairs=True)


def _lower_patches(
    graph: Graph,
    operator: Operator,
    channels: Channels,
    window: dict[str, Value],
    *,
    direct: bool,
    pairs: bool,
) -> Lowered:
    size = padded(channels.weights.shape[1])
    zero_point = conditions.quantization(graph.input(operator, 0)).zero_point
    parameters: dict[str, Value] = {
        "pixels": _pixels(graph, operator),
        "patch": {
            "window": window,
            "depth": _depth(graph, operator),
            "padding": quarters(zero_point),
            "size": size,
            "direct": int(direct),
        },
        **(_pair_members(channels) if pairs else {"channels": channels.members()}),
    }
    source, result = _tensors(operator)
    scratch = (0 if direct else size) + (4 * size if pairs else 0)
    place = _scratch(scratch, CType.INT32 if pairs else CType.INT8)
    constants_ = _pairs(channels) if pairs else _constants(channels)
    name = "conv_2d_pairs_dsp" if pairs else "conv_2d_dsp"
    call = _call(name, parameters, source, constants_, result, place)
    overlaps = _overlaps(graph, operator, copied=True)
    return clamp(graph, operator, Lowered((call,), scratch, overlaps))


def _served(graph: Graph, operator: Operator) -> Channels:
    channels = constants(graph, operator)
    if channels is None:
        raise ValueError(f"{operator} is not served by this form")
    return channels


def _pixels(graph: Graph, operator: Operator) -> int:
    result = graph.output(operator)
    return result.elements // result.shape[-1]


def _depth(graph: Graph, operator: Operator) -> int:
    """Return the bytes of the input that each tap of a window sees."""
    if operator.code is OperatorCode.FULLY_CONNECTED:
        return graph.input(operator, 1).shape[1]
    return graph.input(operator, 0).shape[3]


def _window(graph: Graph, operator: Operator) -> tuple[dict[str, Value], bool]:
    """Return the members of `struct tml_window`, and whether it sees pixel after pixel alone."""
    if operator.code is OperatorCode.FULLY_CONNECTED:
        return windows.points(_pixels(graph, operator)), True
    size = weights.window_size(graph, operator)
    single = size == (1, 1) and windows.window_of(operator).stride == (1, 1)
    return windows.window_members(graph, operator, size), single


def _overlaps(graph: Graph, operator: Operator, *, copied: bool) -> tuple[Overlap, ...]:
    if operator.code is OperatorCode.FULLY_CONNECTED:
        return ()
    return overlap.window(graph, operator, weights.window_size(graph, operator), copied=copied)


def _tensors(operator: Operator) -> tuple[TensorArgument, TensorArgument]:
    return (
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )


def _scratch(size: int, type_: CType) -> ScratchArgument | TensorArgument:
    return ScratchArgument(type_) if size else TensorArgument("scratch", None)


def _constants(channels: Channels) -> ArrayArgument:
    return channels.constants(packed(channels.weights))


def _pair_members(channels: Channels) -> dict[str, Value]:
    return {"count": len(channels.bias), "ties": channels.ties}


def _pairs(channels: Channels) -> ArrayArgument:
    rows = channels.pairs(doubled(channels.weights))
    return ArrayArgument.of("pairs", rows.ravel(), CType.INT32)


_ROWS = ("row_dsp.c", "channels_dsp.c")
_PATCHES = ("patch_dsp.c",)
_SOURCES = {
    "fully_connected_dsp": _ROWS,
    "conv_2d_dsp": _ROWS + _PATCHES,
    "conv_2d_pairs_dsp": _PATCHES,
}
"""What each kernel is made of besides its own file."""


def _call(name: str, parameters: dict[str, Value], *arguments: Argument) -> Call:
    call = kernel(name, parameters, *arguments)
    return replace(call, sources=(*call.sources, *_SOURCES[name]))


PAIRS = Form("conv_2d_pairs_dsp", serves_pairs, lower_pairs)
ROWS = Form("conv_2d_dsp", serves_rows, lower_rows)
