"""PADV2: a given value around a tensor."""

from ..graph import Graph, Operator
from .pads import definition


def constant_value(graph: Graph, operator: Operator) -> bool:
    """The value must be one constant element of the output's type and quantisation."""
    value, result = graph.input(operator, 2), graph.output(operator)
    return (
        value.constant
        and value.elements == 1
        and value.type is result.type
        and value.quantization == result.quantization
    )


DEFINITION = definition(43, range(3, 4), constant_value)
