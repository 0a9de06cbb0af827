"""SPLIT: equal parts along one dimension."""

from ..graph import Graph, Operator
from .definition import no_options
from .parts import definition, parts_fill_whole


def equal_parts(graph: Graph, operator: Operator) -> bool:
    """All outputs must have one shape."""
    return len({graph.tensors[number].shape for number in operator.outputs}) == 1


DEFINITION = definition(35, no_options, range(2, 3), range(1, 1025), parts_fill_whole, equal_parts)
