"""ADD."""

from dataclasses import replace
from typing import NamedTuple

from ..flatbuffer import Table
from ..graph import Graph, Operator, Tensor
from ..options import Activation, AddOptions
from ..quantization import Multiplier, quantize_multiplier
from . import broadcast, conditions, overlap
from .call import Call, Overlap, TensorArgument, Value, kernel
from .definition import OperatorDefinition, no_macs, one_call
from .weights import clamp

LEFT_SHIFT = 20
"""Bits by which both inputs are raised before they are brought to one scale."""


RANK = 6
"""Most dimensions that the reference broadcasts: of more it reads the wrong elements."""

OUTER_RANK = RANK - 1
"""Most axes around a row; TML_ADD_BROADCAST_RANK of the kernel."""


class Multipliers(NamedTuple):
    """How both inputs reach the common scale, and how their sum reaches the output's."""

    first: Multiplier
    second: Multiplier
    output: Multiplier


def read_options(table: Table) -> AddOptions:
    """Read the schema's AddOptions."""
    return AddOptions(activation=Activation(table.integer(0, "b")))


def shapes_match(graph: Graph, operator: Operator) -> bool:
    """The inputs' shapes must broadcast to the output's: aligned at the last dimension, each
    dimension of an input must be the output's, or 1, or missing.
    """
    first, second, result = _shapes(graph, operator)
    if result == first and graph.input(operator, 1).elements == 1:
        return True
    if result == second and graph.input(operator, 0).elements == 1:
        return True
    return broadcast.broadcasts_to(first, second, result)


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """Inputs of different shapes must have at most six dimensions."""
    first, second, _ = _shapes(graph, operator)
    return first == second or max(len(first), len(second)) <= RANK


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must be more than 2^-19 of the greater input scale: the reference takes
    no other.
    """
    output = _multipliers(graph, operator).output
    return output.shift <= 0 and output.value > 0


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call; the plain one unless an input is neither whole nor one element."""
    result = graph.output(operator)
    arguments = (
        TensorArgument("first", operator.inputs[0]),
        TensorArgument("second", operator.inputs[1]),
        TensorArgument("output", operator.outputs[0]),
    )
    sources = graph.input(operator, 0), graph.input(operator, 1)
    if all(source.elements in (1, result.elements) for source in sources):
        one, two = (int(source.elements == result.elements) for source in sources)
        row = broadcast.Axis(result.elements, one, two)
        return kernel("add", _row(graph, operator, row), *arguments)
    *outer, row = broadcast.axes(*_shapes(graph, operator))
    missing = OUTER_RANK - len(outer)
    extents, firsts, seconds = zip(*broadcast.row_steps(outer), strict=True)
    parameters: dict[str, Value] = {
        "row": _row(graph, operator, row),
        "extent": (1,) * missing + extents,
        "first_step": (0,) * missing + firsts,
        "second_step": (0,) * missing + seconds,
    }
    walk = kernel("add_broadcast", parameters, *arguments)
    return replace(walk, sources=(*walk.sources, "add.c"))


def overlaps(graph: Graph, operator: Operator) -> tuple[Overlap, ...]:
    """Return in place over either input that has all elements, which are walked in order."""
    return overlap.in_place(graph, operator, 0) + overlap.in_place(graph, operator, 1)


def _row(graph: Graph, operator: Operator, row: broadcast.Axis) -> dict[str, Value]:
    result = graph.output(operator)
    multipliers = _multipliers(graph, operator)
    low, high = clamp(graph, operator)
    return {
        "elements": row.extent,
        "left_shift": LEFT_SHIFT,
        "first": _addend(graph.input(operator, 0), multipliers.first, row.first),
        "second": _addend(graph.input(operator, 1), multipliers.second, row.second),
        "output_offset": conditions.quantization(result).zero_point,
        "output_multiplier": multipliers.output.value,
        "output_shift": multipliers.output.shift,
        "activation_min": low,
        "activation_max": high,
    }


def _addend(tensor: Tensor, multiplier: Multiplier, step: int) -> dict[str, Value]:
    return {
        "step": step,
        "offset": -conditions.quantization(tensor).zero_point,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }


def _shapes(
    graph: Graph, operator: Operator
) -> tuple[broadcast.Shape, broadcast.Shape, broadcast.Shape]:
    first, second = graph.input(operator, 0).shape, graph.input(operator, 1).shape
    return first, second, graph.output(operator).shape


def _multipliers(graph: Graph, operator: Operator) -> Multipliers:
    first = conditions.quantization(graph.input(operator, 0)).scale
    second = conditions.quantization(graph.input(operator, 1)).scale
    common = 2 * max(first, second)
    output = conditions.quantization(graph.output(operator)).scale
    return Multipliers(
        quantize_multiplier(first / common),
        quantize_multiplier(second / common),
        quantize_multiplier(common / ((1 << LEFT_SHIFT) * output)),
    )


DEFINITION = OperatorDefinition(
    options_type=11,
    read_options=read_options,
    inputs=range(2, 3),
    rules=(),
    limits=(conditions.int8_operands, shapes_match, few_dimensions, moderate_scales),
    macs=no_macs,
    lower=one_call(call, overlaps),
)
