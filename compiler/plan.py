"""Where each tensor lives in the arena, and when.

An output may lie over an input of its own step where the step says how
(`ops.call.Overlap`): the output's rows follow the input's rows that nobody needs any more.
`packing` finds the offsets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from . import packing
from .graph import Graph
from .ops.call import Overlap
from .packing import TRIALS, Distances, Life, Packing, climb, lower_bound

NOTHING: Final[Mapping[int, int]] = MappingProxyType({})
"""No step needs scratch memory."""

_ALIGNMENTS: Final = (16, 4)
"""What offsets may be multiples of, the favourite first: 16 suits any vector
instruction and costs nothing in most models; 4 is the least, for float and int32.
"""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A tensor's place and life.

    `tensor` is its number in the graph, never an alias, or `scratch_of` a step;
    `offset` and `size` are bytes in the arena. It is alive from step `first` to step
    `last`, both included: step i is `graph.operators[i]`, -1 is before the first (a model
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

    def __str__(self) -> str:
        lines = [f"arena {self.arena_size} B (at least {self.lower_bound} B)"]
        lines += [
            f"  %{a.tensor}: bytes {a.offset} to {a.offset + a.size}, steps {a.first} to {a.last}"
            for a in self.allocations
        ]
        return "\n".join(lines)


def plan(
    graph: Graph,
    scratch: Mapping[int, int] = NOTHING,
    overlaps: Sequence[Overlap] = (),
    enough: int = 0,
    trials: int = TRIALS,
) -> Plan:
    """Return the smallest arena found; the same for the same arguments, always.

    `scratch` is bytes of memory that a step needs for itself, by step; `overlaps` says how
    outputs may lie over inputs of their step that no later step reads. An arena of
    `enough` bytes is not made smaller; `trials` bounds the time.
    """
    needs = _needs(graph, scratch)
    distances = _distances(graph, needs, overlaps)
    plans = (
        _plan_aligned(needs, distances, alignment, enough, trials) for alignment in _ALIGNMENTS
    )
    best = next(plans)
    if best.arena_size <= max(best.lower_bound, enough):
        return best
    return min(best, *plans, key=lambda p: p.arena_size)


def bound(graph: Graph, scratch: Mapping[int, int], overlaps: Sequence[Overlap]) -> int:
    """Return the size that no plan of the same arguments can be below."""
    needs = _needs(graph, scratch)
    return lower_bound(needs, distances=_distances(graph, needs, overlaps))


def peak(graph: Graph, scratch: Mapping[int, int], overlaps: Sequence[Overlap]) -> int | None:
    """Return the first step at which `bound` is reached; None where nothing is in the arena."""
    needs = _needs(graph, scratch)
    return packing.peak(needs, _distances(graph, needs, overlaps))


def _needs(graph: Graph, scratch: Mapping[int, int]) -> tuple[Life, ...]:
    return (*lives(graph), *(Life(scratch_of(s), size, s, s) for s, size in scratch.items()))


def scratch_of(step: int) -> int:
    """Return the number under which a step's scratch memory is planned: none of a tensor.

    It is its own inverse.
    """
    return ~step


def lives(graph: Graph) -> tuple[Life, ...]:
    """Return every tensor that needs a place in the arena, by number.

    All inputs are alive before the first step, as the caller writes them, and all
    outputs after the last. An alias prolongs the life of what it is an alias of.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def touch(tensor: int | None, step: int) -> None:
        if tensor is not None and graph.tensors[tensor := graph.storage(tensor)].in_arena:
            first.setdefault(tensor, step)
            last[tensor] = step

    for number in graph.inputs:
        touch(number, -1)
    for step, operator in enumerate(graph.operators):
        for read in operator.inputs:
            touch(read, step)
        for written in operator.outputs:
            touch(written, step)
    for number in graph.outputs:
        touch(number, len(graph.operators))
    return tuple(Life(n, graph.tensors[n].size, first[n], last[n]) for n in sorted(first))


def _distances(graph: Graph, needs: Sequence[Life], overlaps: Sequence[Overlap]) -> Distances:
    """Return the overlaps that lives allow: the input ends where the output begins.

    An alias of a part of a tensor says nothing of the whole.
    """
    place_of = {need.tensor: place for place, need in enumerate(needs)}
    found: dict[tuple[int, int], int] = {}
    for overlap in overlaps:
        ends = graph.storage(overlap.input), graph.storage(overlap.output)
        whole = all(
            graph.tensors[root].size == graph.tensors[tensor].size
            for root, tensor in zip(ends, (overlap.input, overlap.output), strict=True)
        )
        source, result = (place_of.get(end) for end in ends)
        if source is None or result is None or needs[source].last != needs[result].first:
            continue
        if whole:
            found[source, result] = overlap.distance
    return found


def _plan_aligned(
    needs: tuple[Life, ...], distances: Distances, alignment: int, enough: int, trials: int
) -> Plan:
    packed = Packing.of(needs, distances, alignment)
    offsets = climb(packed, enough, trials)
    return Plan(
        arena_size=packed.height(offsets),
        lower_bound=lower_bound(needs, distances=distances),
        alignment=alignment,
        allocations=tuple(
            Allocation(need.tensor, offset, need.size, need.first, need.last)
            for need, offset in zip(needs, offsets, strict=True)
        ),
    )
