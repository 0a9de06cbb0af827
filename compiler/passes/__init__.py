"""Rewrites of a graph, each small: Graph in, Graph out.

A pass changes no output of the model by a single bit.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..graph import Graph
from ..ledger import Entry
from ..violations import violations
from .alias_parts import alias_concatenation, alias_split
from .alias_quantize import alias_quantize
from .alias_reshape import alias_reshape
from .dead_channels import remove_dead_channels
from .fold_constants import fold_constants
from .fold_transpose import fold_transpose
from .fuse_activation import fuse_activation
from .fuse_pad import fuse_pad
from .remove_dead import remove_dead_operators, remove_dead_tensors

Pass = Callable[[Graph], Graph]

PASSES: tuple[Pass, ...] = (
    remove_dead_operators,
    fold_constants,
    alias_reshape,
    alias_quantize,
    fuse_activation,
    fuse_pad,
    fold_transpose,
    remove_dead_channels,
    alias_split,
    alias_concatenation,
    remove_dead_tensors,
)


class Optimised(NamedTuple):
    """A graph, and what each pass that changed it has saved."""

    graph: Graph
    ledger: tuple[Entry, ...]


def optimised(graph: Graph) -> Optimised:
    """Return a graph that computes the same outputs, bit for bit, with less, and the ledger.

    Every pass serves every objective.
    """
    ledger = []
    for step in PASSES:
        after = checked(step(graph), step.__name__)
        if after != graph:
            ledger.append(Entry.of(step.__name__, graph, after))
        graph = after
    return Optimised(graph, tuple(ledger))


def optimise(graph: Graph) -> Graph:
    """Return the graph of `optimised`."""
    return optimised(graph).graph


def checked(graph: Graph, made_by: str) -> Graph:
    """Return `graph`; RuntimeError, a fault of ours, if it breaks a rule of `violations`."""
    for problem in violations(graph):
        raise RuntimeError(f"{made_by}: {problem}")
    return graph
