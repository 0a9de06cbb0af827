"""Packing rectangles, life by size, into as little height as can be found.

Each is put at the lowest offset that is free during its whole life, in an order that
starts as "largest first" or "latest first" and is then improved by climbing: those that
reach highest swap places with earlier ones as long as that does no harm. It ends at the
lower bound, which the published models all reach, or when its budget is spent.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple, Self

TRIALS: Final = 4_000
"""The most orders that are tried; the published models need far fewer."""

_WORK: Final = 2_000_000
"""Pairs of tensors that planning may compare, in graphs of very many; about a second."""

_DOWNHILL: Final = 0.02
"""How often a step that makes the arena larger is taken, to leave a dead end."""


class Life(NamedTuple):
    """A tensor that needs a place: its number, bytes, and first and last step."""

    tensor: int
    size: int
    first: int
    last: int

    def meets(self, other: "Life") -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


Distances = Mapping[tuple[int, int], int]
"""`Overlap.distance` of an input and an output, by their places in the list of lives."""

APART: Final[Distances] = MappingProxyType({})
"""No output lies over an input."""


def lower_bound(needs: Sequence[Life], alignment: int = 1, distances: Distances = APART) -> int:
    """Return a size that no arena can be below: that of what is alive at one step.

    With an alignment, every tensor but the one on top takes up whole multiples. What
    an output shares with inputs of its step counts once.
    """
    return max(_sums(needs, alignment, distances).values(), default=0)


def peak(needs: Sequence[Life], distances: Distances = APART) -> int | None:
    """Return the first step at which the most bytes are alive; None where nothing is."""
    sums = _sums(needs, 1, distances)
    return max(sums, key=lambda step: (sums[step], -step), default=None)


def _sums(needs: Sequence[Life], alignment: int, distances: Distances) -> dict[int, int]:
    """Return the bytes that are alive at each step at which a life begins."""
    steps = sorted({need.first for need in needs})
    total, padding, most, shared = ([0] * len(steps) for _ in range(4))

    def during(*lives: Life) -> range:
        first, last = max(life.first for life in lives), min(life.last for life in lives)
        return range(bisect_left(steps, first), bisect_right(steps, last))

    for need in needs:
        odd = -need.size % alignment
        for at in during(need):
            total[at] += need.size
            padding[at] += odd
            most[at] = max(most[at], odd)
    for (source, result), distance in distances.items():
        bytes_ = _shared(needs[source].size, needs[result].size, distance)
        for at in during(needs[source], needs[result]):
            shared[at] += bytes_
    # Where tensors share bytes, their padding may be shared as well.
    return {
        step: total[at] + (0 if shared[at] else padding[at] - most[at]) - shared[at]
        for at, step in enumerate(steps)
    }


def _shared(source: int, result: int, distance: int) -> int:
    """Return the most bytes that an output of `result` bytes shares with an input."""
    together = max(max(distance, 0) + source, result)
    return max(0, source + result - together)


class _Meeting(NamedTuple):
    """What one tensor asks of another that is alive at the same time.

    It begins at least `below` bytes before the other's begin, or `above` behind it.
    """

    other: int
    below: int
    above: int


@dataclass(frozen=True, slots=True)
class Packing:
    """What is to be packed: tensors, whom each meets, alignment, and the bound."""

    needs: tuple[Life, ...]
    meetings: tuple[tuple[_Meeting, ...], ...]
    alignment: int
    bound: int

    @classmethod
    def of(cls, needs: tuple[Life, ...], distances: Distances, alignment: int) -> Self:
        """Return the packing of `needs`."""

        def meeting(one: int, other: int) -> _Meeting:
            below, above = needs[one].size, needs[other].size
            if (other, one) in distances:
                below = min(below, distances[other, one])
            if (one, other) in distances:
                above = min(above, distances[one, other])
            return _Meeting(other, below, above)

        everyone = range(len(needs))
        meetings = tuple(
            tuple(
                meeting(one, other)
                for other in everyone
                if other != one and needs[one].meets(needs[other])
            )
            for one in everyone
        )
        return cls(needs, meetings, alignment, lower_bound(needs, alignment, distances))

    def height(self, offsets: Sequence[int]) -> int:
        """Return the size of the arena."""
        return max((o + n.size for o, n in zip(offsets, self.needs, strict=True)), default=0)

    def place(self, order: Sequence[int]) -> list[int]:
        """Return offsets when tensors are placed in `order`, each as low as it goes."""
        offsets = [-1] * len(self.needs)
        for i in order:
            # Offsets strictly between two bounds are taken.
            taken = sorted(
                (offsets[met.other] - met.below, offsets[met.other] + met.above)
                for met in self.meetings[i]
                if offsets[met.other] >= 0
            )
            offset = 0
            for low, high in taken:
                if offset <= low:
                    break
                offset = max(offset, -(-high // self.alignment) * self.alignment)
            offsets[i] = offset
        return offsets


def climb(packing: Packing, enough: int = 0, trials: int = TRIALS) -> list[int]:
    """Return the best offsets found: from the better start, by swapping tensors in the order.

    A height of `enough` is not improved any more, nor any after so many `trials`.
    """
    needs = packing.needs
    largest = sorted(range(len(needs)), key=lambda i: (-needs[i].size, needs[i].first, i))
    latest = sorted(range(len(needs)), key=lambda i: (-needs[i].last, -needs[i].first, i))
    order = min(largest, latest, key=lambda order: packing.height(packing.place(order)))
    best = offsets = packing.place(order)
    lowest = current = packing.height(offsets)
    goal = max(packing.bound, enough)
    # Seeded, so that equal graphs get equal plans.
    chance = random.Random(0)
    pairs = len(needs) + sum(map(len, packing.meetings))
    for _ in range(min(trials, _WORK // max(pairs, 1))):
        if lowest <= goal:
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
