"""Whether linked code fits where it is to live; pure, and in bytes that the linker told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .errors import DoesNotFit
from .profile import Limits
from .targets.target import FirmwareMap, Slot


@dataclass(frozen=True, slots=True)
class Need:
    """What an image takes, in bytes.

    `image` is the flat binary with header, TLVs and signature. `program_ram` is
    what a firmware takes of the RAM beside arena and state: `.data`, `.bss` and
    the stack of its start-up; 0 for a module.
    """

    image: int
    arena: int
    state: int
    stack: int
    program_ram: int = 0

    @property
    def ram(self) -> int:
        """All RAM together."""
        return self.arena + self.state + self.stack + self.program_ram


@dataclass(frozen=True, slots=True)
class Fit:
    """One resource: what is needed of it and what there is."""

    resource: str
    needed: int
    available: int

    @property
    def headroom(self) -> int:
        """Bytes left; negative where they are missing."""
        return self.available - self.needed

    def __str__(self) -> str:
        return f"{self.resource} needs {self.needed} B of {self.available} B"


def fits(need: Need, place: Slot | FirmwareMap, limits: Limits) -> tuple[Fit, ...]:
    """Return how each resource of `place`, and each limit, is met or missed."""
    return tuple(_fits(need, place, limits))


def _fits(need: Need, place: Slot | FirmwareMap, limits: Limits) -> Iterator[Fit]:
    slot = place.slot if isinstance(place, FirmwareMap) else place
    yield Fit("image in the slot", need.image, slot.size)
    yield Fit("arena", need.arena, slot.arena_size)
    yield Fit("state", need.state, slot.state_size)
    yield Fit("stack", need.stack, slot.stack_size)
    if isinstance(place, FirmwareMap):
        yield Fit("RAM of the program", need.program_ram, place.ram_size)
    if limits.flash is not None:
        yield Fit("flash", need.image, limits.flash)
    if limits.ram is not None:
        parts = f"arena {need.arena} + state {need.state} + stack {need.stack}"
        if need.program_ram:
            parts += f" + program {need.program_ram}"
        yield Fit(f"RAM ({parts})", need.ram, limits.ram)


def require(found: Iterable[Fit]) -> None:
    """Raise `DoesNotFit` where a resource is missed: for the one missed by most, naming all."""
    missed = sorted((fit for fit in found if fit.headroom < 0), key=lambda fit: fit.headroom)
    if missed:
        first, *others = missed
        raise DoesNotFit(
            first.resource, first.needed, first.available, also=tuple(map(str, others))
        )


def require_constants(constants: int, overhead: int, place: Slot | FirmwareMap) -> None:
    """Raise `DoesNotFit` where the model's constants alone exceed the slot.

    It saves compiling what cannot fit; the linked size stays the only one that
    says that something does.
    """
    slot = place.slot if isinstance(place, FirmwareMap) else place
    needed = constants + overhead
    if needed > slot.size:
        alone = "flash of the slot for the model's constants alone"
        raise DoesNotFit(alone, needed, slot.size, at_least=True)


def closest(misses: Iterable[DoesNotFit]) -> DoesNotFit:
    """Return the miss by the fewest bytes, of those that were linked where there are any.

    Constants that are made larger for speed may exceed a slot by less than the whole of a
    smaller build does.
    """
    return min(misses, key=lambda miss: (miss.at_least, miss.missing))
