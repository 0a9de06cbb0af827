"""RESHAPE and its like move nothing: their output is their input under another shape."""

from ..graph import Graph, Operator, OperatorCode
from .alias import alias_where


def alias_reshape(graph: Graph) -> Graph:
    """Return `graph` with the output of each of them an alias of its input."""
    return alias_where(graph, _is_reshape)


_SAME_BYTES = frozenset({OperatorCode.RESHAPE, OperatorCode.EXPAND_DIMS, OperatorCode.SQUEEZE})


def _is_reshape(_graph: Graph, operator: Operator) -> bool:
    return operator.code in _SAME_BYTES
