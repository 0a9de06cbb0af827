"""PRELU."""

from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, elementwise
from .call import Call, CType, Value
from .definition import OperatorDefinition, no_macs, one_call
from .lookup import no_options


def output_of_input(graph: Graph, operator: Operator) -> bool:
    """The output must have the shape of the first input."""
    return graph.input(operator, 0).shape == graph.output(operator).shape


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """Inputs of different shapes must have at most four dimensions."""
    first, second = graph.input(operator, 0).shape, graph.input(operator, 1).shape
    return first == second or max(len(first), len(second)) <= 4


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the input's by 2^22 or more, nor than that times
    alpha's by 2^15 or more.
    """
    if conditions.is_float(graph, operator):
        return True
    identity, alpha = _multipliers(graph, operator)
    return identity.shift <= 22 and alpha.shift <= 15


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the inputs' type."""
    if conditions.is_float(graph, operator):
        return elementwise.call("prelu_float", {}, graph, operator, type_=CType.FLOAT, file="prelu")
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    source, alpha, result = (conditions.quantization(tensor).zero_point for tensor in tensors)
    from_zero, below = _multipliers(graph, operator)
    parameters: dict[str, Value] = {
        "input_offset": -source,
        "alpha_offset": -alpha,
        "output_offset": result,
        "multiplier": from_zero.value,
        "shift": from_zero.shift,
        "alpha_multiplier": below.value,
        "alpha_shift": below.shift,
    }
    return elementwise.call("prelu", parameters, graph, operator)


def _multipliers(graph: Graph, operator: Operator) -> tuple[Multiplier, Multiplier]:
    """Return how inputs from 0 on reach the output's scale, and how products of those below do."""
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    source, alpha, result = (conditions.quantization(tensor).scale for tensor in tensors)
    return quantize_multiplier(source / result), quantize_multiplier(source * alpha / result)


DEFINITION = OperatorDefinition(
    options_type=0,
    read_options=no_options,
    inputs=range(2, 3),
    rules=(output_of_input,),
    limits=(
        elementwise.int8_or_float_operands,
        elementwise.shapes_match,
        few_dimensions,
        moderate_scales,
    ),
    macs=no_macs,
    lower=one_call(call, elementwise.overlaps),
)
