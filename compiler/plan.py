"""Where each tensor lives in the arena, and when.

Placing tensors is packing rectangles, life by size: each is put at the lowest
offset that is free during its whole life, in an order that starts as "largest
first" and is then improved by climbing: the tensors that reach highest swap
places with earlier ones as long as that does no harm. It ends at the lower
bound, which the published models all reach, or when its budget is spent.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from .graph import Graph
from .ops.call import Overlap

NOTHING: Final[Mapping[int, int]] = MappingProxyType({})
"""No step needs scratch memory."""

_TRIALS: Final = 4_000
"""The most orders that are tried; the published models need far fewer."""

_WORK: Final = 2_000_000
"""Pairs of tensors that planning may compare, in graphs of very many; about a second."""

_DOWNHILL: Final = 0.02
"""How often a step that makes the arena larger is taken, to leave a dead end."""

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


class Life(NamedTuple):
    """A tensor that needs a place: its number, bytes, and first and last step."""

    tensor: int
    size: int
    first: int
    last: int

    def meets(self, other: "Life") -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


def plan(
    graph: Graph,
    scratch: Mapping[int, int] = NOTHING,
    overlaps: Sequence[Overlap] = (),  # noqa: ARG001
) -> Plan:
    """Return the smallest arena found; the same for the same arguments, always.

    `scratch` is bytes of memory that a step needs for itself, by step; `overlaps` says how
    outputs may lie over inputs of their step that no later step reads.
    """
    needs = (*lives(graph), *(Life(scratch_of(s), size, s, s) for s, size in scratch.items()))
    plans = (_plan_aligned(needs, alignment) for alignment in _ALIGNMENTS)
    best = next(plans)
    if best.arena_size == best.lower_bound:
        return best
    return min(best, *plans, key=lambda p: p.arena_size)


def scratch_of(step: int) -> int:
    """Return the number under which a step's scratch memory is planned: none of a tensor."""
    return ~step


def lives(graph: Graph) -> tuple[Life, ...]:
    """Return every tensor that needs a place in the arena, by number.

    All inputs are alive before the first step, as the caller writes them, and all
    outputs after the last. An alias prolongs the life of what it is an alias of.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def touch(tensor: int | None, step: int) -> None:
        if tensor is not None and not graph.tensors[tensor := graph.storage(tensor)].constant:
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


def lower_bound(needs: Sequence[Life], alignment: int = 1) -> int:
    """Return the largest sum of sizes alive at one step: no arena can be smaller.

    With an alignment, every tensor but the one on top takes up whole multiples.
    """

    def sum_at(step: int) -> int:
        sizes = [need.size for need in needs if need.first <= step <= need.last]
        padding = [-size % alignment for size in sizes]
        return sum(sizes) + sum(padding) - max(padding)

    return max((sum_at(step) for step in {need.first for need in needs}), default=0)


def _plan_aligned(needs: tuple[Life, ...], alignment: int) -> Plan:
    packing = _Packing.of(needs, alignment)
    offsets = _climb(packing)
    return Plan(
        arena_size=packing.height(offsets),
        lower_bound=lower_bound(needs),
        alignment=alignment,
        allocations=tuple(
            Allocation(need.tensor, offset, need.size, need.first, need.last)
            for need, offset in zip(needs, offsets, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Packing:
    """What is to be packed: tensors, for each the others alive at the same time, alignment."""

    needs: tuple[Life, ...]
    neighbours: tuple[tuple[int, ...], ...]
    alignment: int

    @classmethod
    def of(cls, needs: tuple[Life, ...], alignment: int) -> Self:
        """Return the packing of `needs`."""
        everyone = range(len(needs))
        neighbours = tuple(
            tuple(other for other in everyone if other != i and needs[i].meets(needs[other]))
            for i in everyone
        )
        return cls(needs, neighbours, alignment)

    def height(self, offsets: Sequence[int]) -> int:
        """Return the size of the arena."""
        return max((o + n.size for o, n in zip(offsets, self.needs, strict=True)), default=0)

    def place(self, order: Sequence[int]) -> list[int]:
        """Return offsets when tensors are placed in `order`, each as low as it goes."""
        offsets = [-1] * len(self.needs)
        for i in order:
            size = self.needs[i].size
            taken = sorted(
                (offsets[other], offsets[other] + self.needs[other].size)
                for other in self.neighbours[i]
                if offsets[other] >= 0
            )
            offset = 0
            for start, end in taken:
                if offset + size <= start:
                    break
                offset = max(offset, -(-end // self.alignment) * self.alignment)
            offsets[i] = offset
        return offsets


def _climb(packing: _Packing) -> list[int]:
    """Return the best offsets found: largest first, then by swapping tensors in the order."""
    needs = packing.needs
    order = sorted(range(len(needs)), key=lambda i: (-needs[i].size, needs[i].first, i))
    best = offsets = packing.place(order)
    lowest = current = packing.height(offsets)
    # Seeded, so that equal graphs get equal plans.
    chance = random.Random(0)
    bound = lower_bound(needs, packing.alignment)
    pairs = len(needs) + sum(map(len, packing.neighbours))
    for _ in range(min(_TRIALS, _WORK // max(pairs, 1))):
        if lowest <= bound:
            break
        trial = order.copy()
        highest = [n for n, i in enumerate(trial) if offsets[i] + needs[i].size == current]
        one, other = chance.choice(highest), chance.randrange(len(trial))
        trial[one], trial[other] = trial[other], trial[one]
        placed = packing.place(trial)
        height = packing.height(placed)
        if height <= current or chance.random() < _DOWNHILL:
            order, offsets, current = trial, placed, height
        if height < lowest:
            best, lowest = placed, height
    return best
