"""QUANTIZE from int8 to the same scale and zero point changes nothing."""

from ..graph import Graph, Operator, OperatorCode
from .alias import alias_where


def alias_quantize(graph: Graph) -> Graph:
    """Return `graph` with the output of each QUANTIZE that changes nothing an alias of its input.

    The multiplier of equal scales is exactly 1, and requantising by 1 gives back
    what it got.
    """
    return alias_where(graph, _changes_nothing)


def _changes_nothing(graph: Graph, operator: Operator) -> bool:
    source, result = graph.input(operator, 0), graph.output(operator)
    return (
        operator.code is OperatorCode.QUANTIZE
        and source.type is result.type
        and source.quantization == result.quantization
    )
