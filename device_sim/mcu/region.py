"""Memory as the core sees it: named regions with what the running code may do there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise
from typing import Self


class Permission(IntFlag):
    """What running code may do with a region; the numbers are those of the emulator."""

    READ = 1
    WRITE = 2
    EXECUTE = 4


#: Flash: code and constants. Only the device's own flash driver writes it, from outside.
CODE = Permission.READ | Permission.EXECUTE
#: RAM: never executed.
DATA = Permission.READ | Permission.WRITE


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes `address` to `address + size` under a name, with permissions.

    Regions of one core do not overlap; they may touch.
    """

    name: str
    address: int
    size: int
    permissions: Permission

    def __post_init__(self) -> None:
        if self.size <= 0 or self.address < 0 or self.end > 1 << 32:
            raise ValueError(f"region {self.name}: {self.address:#x}+{self.size:#x} is no memory")

    @classmethod
    def code(cls, name: str, address: int, size: int) -> Self:
        """Return flash: read and executed."""
        return cls(name, address, size, CODE)

    @classmethod
    def ram(cls, name: str, address: int, size: int) -> Self:
        """Return RAM: read and written."""
        return cls(name, address, size, DATA)

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.address + self.size

    def holds(self, address: int, size: int = 1) -> bool:
        """Whether all of `address` to `address + size` lies inside."""
        return self.address <= address and address + size <= self.end


def check_disjoint(regions: Iterable[Region]) -> None:
    """Raise ValueError where two regions overlap or share a name."""
    ordered = sorted(regions, key=lambda region: region.address)
    for left, right in pairwise(ordered):
        if left.end > right.address:
            raise ValueError(f"regions {left.name} and {right.name} overlap")
    if len({region.name for region in ordered}) != len(ordered):
        raise ValueError("two regions share a name")
