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

_TOGETHER = 4
"""Pixels whose sums are one vector."""

_POINTS = 160
"""Pixels at a time that stay where they are."""

_LARGEST_SCRATCH = 16 << 10


def _serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there is one group, and four pixels or more."""
    one_group = graph.input(operator, 0).shape[3] == graph.input(operator, 1).shape[3]
    return (
        one_group
        and _pixels(graph, operator) >= _TOGETHER
        and accumulators.right_shifts(graph, operator, machine)
    )


def _pixels(graph: Graph, operator: Operator) -> int:
    result = graph.output(operator)
    return result.elements // result.shape[3]


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    return _points(graph, operator, machine) or _windows(graph, operator, machine)


def _points(graph: Graph, operator: Operator, machine: Machine) -> Lowered | None:
    """Return how pixels are taken where they are; None where that cannot be."""
    size, window = weights.window_size(graph, operator), windows.window_of(operator)
    source, result = graph.input(operator, 0), graph.output(operator)
    depth, pixels = source.shape[3], _pixels(graph, operator)
    if size != (1, 1) or window.stride != (1, 1):
        return None
    group = _even_group(pixels)
    name = "point" + _finish(graph, operator)
    if vectors := _vectors(graph, operator, machine):
        name = f"point{'_whole' if depth % LANES == 0 else ''}_{vectors}"
        name = "point_halves" if depth == LANES // 2 else name
    begin = np.arange(0, pixels, group)
    ends = np.minimum(begin + group, pixels)
    distance = int((ends * result.shape[3] - begin * depth).max())
    overlaps: tuple[Overlap, ...] = ()
    if not source.constant and operator.inputs[0] is not None:
        overlaps = (Overlap(operator.inputs[0], operator.outputs[0], distance),)
    return Lowered((_call(graph, operator, name, depth, group),), overlaps=overlaps)


def _even_group(pixels: int, room: int = _POINTS) -> int:
    """Return the most pixels at a time that leave no group of less than four."""
    most = max(_TOGETHER, min(pixels, _POINTS, room))
    sizes = range(most, _TOGETHER - 1, -1)
    even = (n for n in sizes if pixels % n == 0 or pixels % n >= _TOGETHER)
    return next(even, pixels)


def _windows(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return how windows are copied into scratch memory, from which they are multiplied."""
    size = weights.window_size(graph, operator)
    result = graph.output(operator)
    pixels = _pixels(graph, operator)
    taps = graph.input(operator, 1).elements // result.shape[3]
    vectors = _vectors(graph, operator, machine)
    stride = LANES * vectors if vectors else taps
    group = _even_group(pixels, _room(graph, operator) // stride)
    name = f"window_{vectors}" if vectors else "window" + _finish(graph, operator)
    return Lowered(
        (_call(graph, operator, name, stride, group, ScratchArgument()),),
        scratch=stride * group,
        overlaps=overlap.window(graph, operator, size, group=group, copied=True, across=True),
    )


def _room(graph: Graph, operator: Operator) -> int:
    """Return the bytes of scratch memory that are little beside what the graph needs anyway."""
    own = _operands(graph, operator)
    most = max(_operands(graph, other) for other in graph.operators)
    return min(_LARGEST_SCRATCH, max(own // 8, (most - own) // 2))


def _operands(graph: Graph, operator: Operator) -> int:
    """Return the bytes of an operator's tensors in the arena."""
    numbers = {n for n in (*operator.inputs, *operator.outputs) if n is not None}
    tensors = (graph.tensors[number] for number in numbers)
    return sum(tensor.size for tensor in tensors if not tensor.constant)


def _finish(graph: Graph, operator: Operator) -> str:
    """Return the end of the name of what finishes sums."""
    if accumulators.rectified(graph, operator):
        return "_rectified"
    return "_full" if weights.clamp(graph, operator) == (-128, 127) else ""


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
