"""CONV_2D by vectors: windows copied, or pixels where they are, four at a time."""

import numpy as np

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import Argument, Call, Lowered, Overlap, ScratchArgument, Value
from ...ops.conditions import quantization
from ...profile import Objective
from ..form import Form
from . import accumulators
from .accumulators import LANES

_IN_REGISTERS = 4 * LANES
"""Bytes of the longest filter that is kept in registers."""

_POINTS = 32
"""Pixels at a time that stay where they are."""

_LARGEST_SCRATCH = 4096


def _serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there is one group, and at least one row of four pixels."""
    one_group = graph.input(operator, 0).shape[3] == graph.input(operator, 1).shape[3]
    return one_group and accumulators.right_shifts(graph, operator, machine)


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    return _points(graph, operator, machine) or _windows(graph, operator, machine)


def _points(graph: Graph, operator: Operator, machine: Machine) -> Lowered | None:
    """Return how pixels are taken where they are; None where that cannot be."""
    size, window = weights.window_size(graph, operator), windows.window_of(operator)
    source, result = graph.input(operator, 0), graph.output(operator)
    depth, pixels = source.shape[3], result.elements // result.shape[3]
    if size != (1, 1) or window.stride != (1, 1) or pixels < 4:
        return None
    group = _even_group(pixels)
    name = "point"
    if vectors := _vectors(graph, operator, machine):
        name += f"{'_whole' if depth % LANES == 0 else ''}_{vectors}"
    begin = np.arange(0, pixels, group)
    ends = np.minimum(begin + group, pixels)
    distance = int((ends * result.shape[3] - begin * depth).max())
    overlaps: tuple[Overlap, ...] = ()
    if not source.constant and operator.inputs[0] is not None:
        overlaps = (Overlap(operator.inputs[0], operator.outputs[0], distance),)
    return Lowered((_call(graph, operator, name, depth, group),), overlaps=overlaps)


def _even_group(pixels: int) -> int:
    """Return the most pixels at a time that leave no group of less than four."""
    return next(n for n in range(min(_POINTS, pixels), 3, -1) if pixels % n == 0 or pixels % n >= 4)


def _windows(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return how windows are copied into scratch memory, from which they are multiplied."""
    size = weights.window_size(graph, operator)
    result = graph.output(operator)
    taps = graph.input(operator, 1).elements // result.shape[3]
    vectors = _vectors(graph, operator, machine)
    stride = LANES * vectors if vectors else taps
    spared = (graph.input(operator, 0).size + result.size) // 16
    room = min(_LARGEST_SCRATCH, spared) // (4 * stride) * 4
    group = min(max(4, room), -(-result.shape[2] // 4) * 4)
    name = f"window_{vectors}" if vectors else "window"
    return Lowered(
        (_call(graph, operator, name, stride, group, ScratchArgument()),),
        scratch=stride * group,
        overlaps=overlap.window(graph, operator, size, group=group, copied=True),
    )


def _vectors(graph: Graph, operator: Operator, machine: Machine) -> int:
    """Return how many vectors hold a filter in registers; 0 where it stays in memory."""
    taps = graph.input(operator, 1).elements // graph.output(operator).shape[3]
    fast = machine.objective is Objective.SPEED and accumulators.rectified(graph, operator)
    return -(-taps // LANES) if fast and taps <= _IN_REGISTERS else 0


def _call(
    graph: Graph, operator: Operator, name: str, stride: int, group: int, *between: Argument
) -> Call:
    filters = weights.int8_values(graph.input(operator, 1))
    rows = filters.reshape(filters.shape[0], -1)
    parameters: dict[str, Value] = {
        "window": windows.window_members(graph, operator, weights.window_size(graph, operator)),
        "input_depth": filters.shape[3],
        "output_depth": filters.shape[0],
        "taps": rows.shape[1],
        "stride": stride,
        "group": group,
        "padding": quantization(graph.input(operator, 0)).zero_point,
        "output": accumulators.output_members(graph, operator),
    }
    return Call(
        function=f"tml_conv_2d_mve_{name}",
        arguments=(
            *accumulators.arguments(graph, operator, rows),
            *between,
            accumulators.result(operator),
        ),
        structure="tml_conv_2d_mve",
        parameters=parameters,
        headers=("conv_2d_mve.h",),
        sources=("conv_2d_mve.c",),
    )


FORM = Form("conv_2d_mve", _serves, _lower)
