"""RESHAPE moves nothing: its output is its input under another shape."""

from ..graph import Graph, Operator, OperatorCode
from .alias import alias_where


def alias_reshape(graph: Graph) -> Graph:
    """Return `graph` with the output of each RESHAPE an alias of its input."""
    return alias_where(graph, _is_reshape)


def _is_reshape(_graph: Graph, operator: Operator) -> bool:
    return operator.code is OperatorCode.RESHAPE
