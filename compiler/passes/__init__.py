"""Rewrites of a graph, each small: Graph in, Graph out.

A pass changes no output of the model by a single bit.
"""

from collections.abc import Callable

from ..graph import Graph, violations
from .alias_parts import alias_concatenation, alias_split
from .alias_quantize import alias_quantize
from .alias_reshape import alias_reshape
from .remove_dead import remove_dead_operators, remove_dead_tensors

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    remove_dead_operators,
    alias_reshape,
    alias_quantize,
    alias_split,
    alias_concatenation,
    remove_dead_tensors,
)


def optimise(graph: Graph) -> Graph:
    """Return a graph that computes the same outputs, bit for bit, with less.

    Every pass serves every objective.
    """
    for step in PASSES:
        graph = checked(step(graph), step.__name__)
    return graph


def checked(graph: Graph, made_by: str) -> Graph:
    """Return `graph`; RuntimeError, a fault of ours, if it breaks a rule of `violations`."""
    for problem in violations(graph):
        raise RuntimeError(f"{made_by}: {problem}")
    return graph
