"""Where each tensor lives in the arena, and when."""

from dataclasses import dataclass

from .graph import Graph
from .profile import Objective


@dataclass(frozen=True, slots=True)
class Allocation:
    """A tensor's place and life.

    `tensor` is its number in the graph, never an alias; `offset` and `size` are
    bytes in the arena. It is alive from step `first` to step `last`, both
    included: step i is `graph.operators[i]`, -1 is before the first (a model
    input), `len(graph.operators)` is after the last (a model output).
    """

    tensor: int
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The arena: its size in bytes, and each tensor's place, by tensor number.

    `lower_bound` is the largest sum of live tensors at any step: no plan can be
    smaller. Offsets are multiples of `alignment`.
    """

    arena_size: int
    lower_bound: int
    alignment: int
    allocations: tuple[Allocation, ...]


def plan(graph: Graph, objective: Objective = Objective.RAM) -> Plan:
    """Return the smallest arena found; the same for the same graph, always."""
    raise NotImplementedError
