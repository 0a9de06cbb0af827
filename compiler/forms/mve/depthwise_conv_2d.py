"""DEPTHWISE_CONV_2D by vectors of taps, four channels at a time."""

import numpy as np
import numpy.typing as npt

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import overlap, weights, windows
from ...ops.call import ArrayArgument, Call, CType, Lowered, ScratchArgument, TensorArgument, Value
from ...ops.conditions import quantization
from ..form import Form
from . import accumulators
from .accumulators import LANES

_LARGEST_SCRATCH = 16 << 10
_LARGEST_PLANE = 0xFFFF // 7


def _serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether each channel has one filter of at most 16 taps without dilation."""
    height, width = weights.window_size(graph, operator)
    return (
        accumulators.right_shifts(graph, operator, machine)
        and height * width <= LANES
        and windows.window_of(operator).dilation == (1, 1)
        and graph.input(operator, 0).shape[3] == graph.output(operator).shape[3]
        and _plane(graph, operator) <= _LARGEST_PLANE
        and _scratch(graph, operator) <= _LARGEST_SCRATCH
    )


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    size = weights.window_size(graph, operator)
    values = weights.int8_values(graph.input(operator, 1))
    depth = values.shape[3]
    # Column by column, as the scratch memory has them.
    filters = values[0].transpose(2, 1, 0).reshape(depth, -1)
    name = "depthwise_conv_2d_mve"
    if accumulators.rectified(graph, operator):
        name += "_rectified"
    return Lowered(
        (
            Call(
                function=f"tml_{name}",
                arguments=(
                    TensorArgument("input", operator.inputs[0]),
                    ArrayArgument.of("weights", _fours_of_filters(filters), CType.INT8),
                    ArrayArgument.of("numbers", _numbers(graph, operator, filters), CType.INT32),
                    ScratchArgument(),
                    TensorArgument("output", operator.outputs[0]),
                ),
                structure="tml_depthwise_conv_2d_mve",
                parameters=_parameters(graph, operator),
                headers=("depthwise_conv_2d_mve.h",),
                sources=("depthwise_conv_2d_mve.c",),
            ),
        ),
        scratch=_scratch(graph, operator),
        # A row's pixels are read no more once they are spread.
        overlaps=overlap.window(
            graph, operator, size, group=graph.output(operator).shape[2], copied=True
        ),
    )


def _parameters(graph: Graph, operator: Operator) -> dict[str, Value]:
    return {
        "window": windows.window_members(graph, operator, weights.window_size(graph, operator)),
        "depth": graph.output(operator).shape[3],
        "columns": _columns(graph, operator),
        "padding": quantization(graph.input(operator, 0)).zero_point,
        "output": accumulators.output_members(graph, operator),
    }


def _columns(graph: Graph, operator: Operator) -> int:
    """Return how many columns a row of windows covers, padding included."""
    _, width = weights.window_size(graph, operator)
    return (graph.output(operator).shape[2] - 1) * windows.window_of(operator).stride[1] + width


def _plane(graph: Graph, operator: Operator) -> int:
    """Return the bytes of one channel in scratch memory."""
    return _columns(graph, operator) * weights.window_size(graph, operator)[0]


def _scratch(graph: Graph, operator: Operator) -> int:
    planes = -(-graph.output(operator).shape[3] // 4) * 4
    return _plane(graph, operator) * planes + LANES


def _fours_of_filters(filters: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return filters, each row one, four by four, each four with a zero behind it."""
    rows = np.pad(filters, ((0, -len(filters) % 4), (0, 0)))
    fours = rows.reshape(-1, 4 * filters.shape[1])
    return np.pad(fours, ((0, 0), (0, 1))).ravel()


def _numbers(
    graph: Graph, operator: Operator, filters: npt.NDArray[np.int8]
) -> npt.NDArray[np.int64]:
    """Return four biases, four multipliers and four shifts for each four channels."""
    given = weights.multipliers(graph, operator)
    channels = given if len(given) > 1 else given * filters.shape[0]
    values, shifts = zip(*channels, strict=True)
    bias = accumulators.folded_bias(graph, operator, filters)
    rows = np.stack([bias, np.array(values), np.array(shifts)], axis=1)
    return np.pad(rows, ((0, -len(rows) % 4), (0, 0))).reshape(-1, 4, 3).swapaxes(1, 2).ravel()


FORM = Form("depthwise_conv_2d_mve", _serves, _lower)
