"""An operator whose output is its input's bytes, unchanged, needs neither code nor memory."""

from collections.abc import Callable
from dataclasses import replace

from ..graph import Graph, Operator


def alias_where(graph: Graph, same_bytes: Callable[[Graph, Operator], bool]) -> Graph:
    """Return `graph` without the operators that `same_bytes` names, their outputs aliases.

    A constant input is left alone: the output may be the model's, which lies in
    the arena.
    """
    tensors = list(graph.tensors)
    operators = []
    for operator in graph.operators:
        source = operator.inputs[0] if operator.inputs else None
        if source is None or tensors[source].constant or not same_bytes(graph, operator):
            operators.append(operator)
        else:
            (result,) = operator.outputs
            tensors[result] = replace(tensors[result], alias_of=source)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))
