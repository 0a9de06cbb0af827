"""What a linked image may touch, byte by byte, and what lies around that."""

from collections.abc import Iterable, Iterator, Sequence

from device_sim.mcu import Permission, Region

from .errors import VerificationFailed
from .module_table import ModuleTable
from .targets.target import FirmwareMap, Slot

_GUARD = 64


def slot_of(place: Slot | FirmwareMap) -> Slot:
    """Return where image, arena and state are."""
    return place.slot if isinstance(place, FirmwareMap) else place


def regions_of(
    place: Slot | FirmwareMap, table: ModuleTable, base: int, size: int
) -> dict[str, Region]:
    """Return what the image of `size` bytes at `base` may use, its stack apart.

    Exactly its own bytes (`slot`, and `view` where they are read elsewhere), `arena`,
    `state` and the program's `ram`. Raises `VerificationFailed` where `place` has less.
    """
    slot = slot_of(place)
    for name, needed, given in (
        ("image", base + size - slot.load, slot.size),
        ("arena", table.arena_size, slot.arena_size),
        ("state", table.state_size, slot.state_size),
        ("stack", table.stack_bound, slot.stack_size),
    ):
        if needed > given:
            raise VerificationFailed(f"the {name} needs {needed} B, its place has {given} B")
    regions = {
        "slot": Region.code("slot", base, size),
        "arena": Region.ram("arena", slot.arena, table.arena_size),
    }
    if slot.data is not None and slot.data != slot.load:
        view = slot.data + base - slot.load
        regions["view"] = Region("view", view, size, Permission.READ)
    if table.state_size:
        regions["state"] = Region.ram("state", slot.state, table.state_size)
    if isinstance(place, FirmwareMap):
        regions["ram"] = Region.ram("ram", place.ram, place.ram_size)
    return regions


def place_stack(size: int, candidates: Iterable[int], others: Iterable[Region]) -> Region:
    """Return a stack of at least `size` bytes at the first candidate that is near to nothing."""
    taken = list(others)
    for address in candidates:
        stack = Region.ram("stack", address, max(16, -(-size // 16) * 16))
        if not any(_near(stack, other) for other in taken):
            return stack
    raise VerificationFailed("no address is left for the stack")


def guards_of(regions: Sequence[Region]) -> Iterator[tuple[str, Region]]:
    """Yield the bytes below and behind writable regions, as far as nobody else has them."""
    for region in regions:
        if Permission.WRITE not in region.permissions:
            continue
        below = max([0, *(other.end for other in regions if other.end <= region.address)])
        behind = min(
            [1 << 32, *(other.address for other in regions if other.address >= region.end)]
        )
        # Half of a gap each, where two regions share it.
        low = max(region.address - _GUARD, (below + region.address + 1) // 2)
        high = min(region.end + _GUARD, (region.end + behind) // 2)
        for name, start, end in (
            (f"below its {region.name}", low, region.address),
            (f"behind its {region.name}", region.end, high),
        ):
            if start < end:
                yield name, Region.ram(name, start, end - start)


def _near(one: Region, other: Region) -> bool:
    apart = 0x1000
    return one.address < other.end + apart and other.address < one.end + apart
