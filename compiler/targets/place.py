"""What can be wrong with the places that a device or a table names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from .target import FirmwareMap, Slot

# Arena, state and images start at multiples of this: what the slot map owes the plan.
ALIGNMENT = 16
_END_OF_MEMORY = 1 << 32


@dataclass(frozen=True, slots=True)
class _Extent:
    """A stretch of memory.

    `may_be_empty` where nothing needs to be there, `shareable` where slots take turns.
    """

    what: str
    start: int
    size: int
    may_be_empty: bool = False
    shareable: bool = False

    def __str__(self) -> str:
        return f"{self.what} {self.start:#x}+{self.size:#x}"

    def faults(self) -> Iterator[str]:
        smallest = 0 if self.may_be_empty else 1
        if self.start < 0 or self.size < smallest or self.start + self.size > _END_OF_MEMORY:
            yield f"{self} is not inside 4 GiB of memory"
        elif self.start % ALIGNMENT:
            yield f"{self} does not start at a multiple of {ALIGNMENT}"

    def overlaps(self, other: "_Extent") -> bool:
        return (
            min(self.size, other.size) > 0
            and self.start < other.start + other.size
            and other.start < self.start + self.size
        )


def faults_of(slot: Slot) -> Iterator[str]:
    """Yield, in words, why no image could live in `slot`; nothing where it could."""
    extents = _extents(slot)
    faults = [fault for extent in extents for fault in extent.faults()]
    if not 0 < slot.stack_size < _END_OF_MEMORY:
        faults.append(f"a stack of {slot.stack_size} B cannot be")
    yield from faults
    if not faults:
        yield from _overlaps(combinations(extents, 2))


def faults_of_map(place: FirmwareMap) -> Iterator[str]:
    """Yield, in words, why no device program could live in `place`."""
    ram = _Extent("RAM", place.ram, place.ram_size)
    faults = [*faults_of(place.slot), *ram.faults()]
    if place.slot.data not in (None, place.slot.load):
        faults.append("a device program is read as data where it runs: leave `data` out")
    yield from faults
    if not faults:
        yield from _overlaps((ram, extent) for extent in _extents(place.slot))


def faults_between(slots: Mapping[int, Slot]) -> Iterator[str]:
    """Yield, in words, why `slots` (by instance) cannot be on one device together.

    They may share an arena, since runs never overlap; they may share nothing else.
    """
    for (one, slot), (another, other) in combinations(sorted(slots.items()), 2):
        pairs = product(_extents(slot, f" of slot {one}"), _extents(other, f" of slot {another}"))
        yield from _overlaps(
            (mine, theirs) for mine, theirs in pairs if not (mine.shareable and theirs.shareable)
        )


def _extents(slot: Slot, of: str = "") -> list[_Extent]:
    """Return image, arena, state and, where it is read as data elsewhere, the image there."""
    extents = [
        _Extent(f"image{of}", slot.load, slot.size),
        _Extent(f"arena{of}", slot.arena, slot.arena_size, shareable=True),
        _Extent(f"state{of}", slot.state, slot.state_size, may_be_empty=True),
    ]
    if slot.data not in (None, slot.load):
        extents.append(_Extent(f"image as data{of}", slot.data, slot.size))
    return extents


def _overlaps(pairs: Iterable[tuple[_Extent, _Extent]]) -> Iterator[str]:
    for one, other in pairs:
        if one.overlaps(other):
            yield f"{one} overlaps {other}"
