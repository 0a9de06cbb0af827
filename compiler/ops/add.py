"""ADD."""

from typing import NamedTuple

from ..flatbuffer import Table
from ..graph import Graph, Operator, Tensor
from ..options import Activation, AddOptions
from ..quantization import Multiplier, quantize_multiplier
from . import conditions
from .call import Call, TensorArgument, Value, kernel
from .definition import OperatorDefinition, no_macs
from .weights import clamp

LEFT_SHIFT = 20
"""Bits by which both inputs are raised before they are brought to one scale."""


class Multipliers(NamedTuple):
    """How both inputs reach the common scale, and how their sum reaches the output's."""

    first: Multiplier
    second: Multiplier
    output: Multiplier


def read_options(table: Table) -> AddOptions:
    """Read the schema's AddOptions."""
    return AddOptions(activation=Activation(table.integer(0, "b")))


def shapes_match(graph: Graph, operator: Operator) -> bool:
    """Both inputs must have the output's shape, or one of them a single element."""
    result = graph.output(operator)
    sources = graph.input(operator, 0), graph.input(operator, 1)
    return any(s.shape == result.shape for s in sources) and all(
        s.shape == result.shape or s.elements == 1 for s in sources
    )


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must be more than 2^-19 of the greater input scale: the reference takes
    no other.
    """
    output = _multipliers(graph, operator).output
    return output.shift <= 0 and output.value > 0


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    result = graph.output(operator)
    multipliers = _multipliers(graph, operator)
    low, high = clamp(graph, operator)
    parameters: dict[str, Value] = {
        "elements": result.elements,
        "left_shift": LEFT_SHIFT,
        "first": _addend(graph.input(operator, 0), multipliers.first, result),
        "second": _addend(graph.input(operator, 1), multipliers.second, result),
        "output_offset": conditions.quantization(result).zero_point,
        "output_multiplier": multipliers.output.value,
        "output_shift": multipliers.output.shift,
        "activation_min": low,
        "activation_max": high,
    }
    return kernel(
        "add",
        parameters,
        TensorArgument("first", operator.inputs[0]),
        TensorArgument("second", operator.inputs[1]),
        TensorArgument("output", operator.outputs[0]),
    )


def _addend(tensor: Tensor, multiplier: Multiplier, result: Tensor) -> dict[str, Value]:
    return {
        "step": int(tensor.elements == result.elements),
        "offset": -conditions.quantization(tensor).zero_point,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }


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
    limits=(conditions.int8_operands, shapes_match, moderate_scales),
    macs=no_macs,
    call=call,
)
