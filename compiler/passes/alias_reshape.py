"""RESHAPE and its like move nothing: their output is their input under another shape.

So does a TRANSPOSE that leaves all dimensions of more than one element in their order.
"""

from ..graph import Graph, Operator, OperatorCode
from ..ops.conditions import constant_int32
from .alias import alias_where


def alias_reshape(graph: Graph) -> Graph:
    """Return `graph` with the output of each of them an alias of its input."""
    return alias_where(graph, _is_reshape)


_SAME_BYTES = frozenset({OperatorCode.RESHAPE, OperatorCode.EXPAND_DIMS, OperatorCode.SQUEEZE})


def _is_reshape(graph: Graph, operator: Operator) -> bool:
    if operator.code is OperatorCode.TRANSPOSE:
        order = constant_int32(graph.input(operator, 1)) or ()
        shape = graph.input(operator, 0).shape
        moved = [axis for axis in order if shape[axis] > 1]
        return moved == sorted(moved)
    return operator.code in _SAME_BYTES
