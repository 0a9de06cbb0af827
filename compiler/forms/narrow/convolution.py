"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED where speed counts and products have 32 bits."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import (
    Argument,
    ArrayArgument,
    Call,
    CType,
    Lowered,
    ScratchArgument,
    TensorArgument,
    Value,
    kernel,
)
from ...ops.conditions import quantization
from ...profile import Objective
from .. import folded
from ..form import Form
from ..scalar import conv_2d, depthwise_conv_2d
from .channels import channels_of

_CONV = "conv_2d_narrow"
_DEPTHWISE = "depthwise_conv_2d_narrow"


def _fast(graph: Graph, operator: Operator, machine: Machine, rows: NDArray[np.int64]) -> bool:
    return machine.objective is Objective.SPEED and channels_of(graph, operator, rows) is not None


def serves_conv_2d(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether its blocked form serves, speed counts, and requantisation can be proven."""
    return conv_2d.serves(graph, operator, machine) and _fast(
        graph, operator, machine, folded.filters(graph, operator)
    )


def serves_depthwise(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there is a filter per channel with columns side by side, as with `serves_conv_2d`."""
    return (
        depthwise_conv_2d.serves(graph, operator, machine)
        and windows.window_of(operator).dilation[1] == 1
        and _fast(graph, operator, machine, depthwise_conv_2d.channels(graph, operator))
    )


def serves_fully_connected(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether speed counts, and requantisation can be proven."""
    return _fast(graph, operator, machine, folded.filters(graph, operator))


def lower_conv_2d(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    size = weights.window_size(graph, operator)
    depth = graph.input(operator, 0).shape[3]
    copied = not conv_2d.needs_no_copy(graph, operator)
    given: dict[str, Value] = {
        "window": windows.window_members(graph, operator, size),
        "input_depth": depth,
        "output_depth": graph.output(operator).shape[3],
        "border": quantization(graph.input(operator, 0)).zero_point,
    }
    return Lowered(
        (_pairs(graph, operator, given, copied=copied),),
        scratch=size[0] * size[1] * depth if copied else 0,
        overlaps=overlap.window(graph, operator, size, copied=copied),
    )


def lower_fully_connected(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call that takes each row of the input for a pixel."""
    output_depth, input_depth = graph.input(operator, 1).shape
    rows = graph.output(operator).elements // output_depth
    window = {"batches": 1, "input_height": 1, "input_width": rows, "output_height": 1}
    window |= {"output_width": rows, "height": 1, "width": 1, "stride_height": 1}
    window |= {"stride_width": 1, "dilation_height": 1, "dilation_width": 1}
    given: dict[str, Value] = {
        "window": window | {"pad_top": 0, "pad_left": 0},
        "input_depth": input_depth,
        "output_depth": output_depth,
        "border": 0,
    }
    return Lowered((_pairs(graph, operator, given, copied=False),))


def _pairs(graph: Graph, operator: Operator, given: Mapping[str, Value], *, copied: bool) -> Call:
    rows = folded.filters(graph, operator)
    found = channels_of(graph, operator, rows)
    if found is None:
        raise ValueError(f"{operator} is not served")
    runs, words, channels = found.packed()
    return _call(
        _CONV,
        {**given, "groups": len(runs.values) // 3},
        "pairs_narrow.c",
        TensorArgument("input", operator.inputs[0]),
        runs,
        words,
        channels,
        ScratchArgument() if copied else TensorArgument("patch", None),
        TensorArgument("output", operator.outputs[0]),
    )


def lower_depthwise(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call."""
    size = weights.window_size(graph, operator)
    depth = graph.input(operator, 0).shape[3]
    rows = depthwise_conv_2d.channels(graph, operator)
    found = channels_of(graph, operator, rows)
    if found is None:
        raise ValueError(f"{operator} is not served")
    given: dict[str, Value] = {
        "window": windows.window_members(graph, operator, size),
        "depth": depth,
        "border": quantization(graph.input(operator, 0)).zero_point,
    }
    call = _call(
        _DEPTHWISE,
        given,
        "",
        TensorArgument("input", operator.inputs[0]),
        ArrayArgument.of("filter", rows.ravel(), CType.INT8),
        found.records(),
        ScratchArgument(),
        TensorArgument("output", operator.outputs[0]),
    )
    scratch = size[0] * size[1] * depth
    return Lowered((call,), scratch, overlap.window(graph, operator, size, copied=True))


def _call(name: str, given: Mapping[str, Value], beside: str, *arguments: Argument) -> Call:
    call = kernel(name, given, *arguments)
    sources = (*call.sources, "patch_scalar.c", beside)
    return replace(call, sources=tuple(filter(None, sources)))


CONV_2D = Form(_CONV, serves_conv_2d, lower_conv_2d)
DEPTHWISE_CONV_2D = Form(_DEPTHWISE, serves_depthwise, lower_depthwise)
FULLY_CONNECTED = Form(_CONV, serves_fully_connected, lower_fully_connected)
