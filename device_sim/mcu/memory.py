"""The bytes behind the regions: kept on the host, lent to the emulator in its pages."""

import ctypes
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .region import Permission, Region, check_disjoint


@dataclass(frozen=True, slots=True)
class Bank:
    """Whole pages without a gap, holding one or more regions. Memory starts as zeros."""

    start: int
    bytes: mmap.mmap = field(repr=False)
    host: int

    @property
    def end(self) -> int:
        """The first address behind the bank."""
        return self.start + len(self.bytes)


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages with the same permissions, as the emulator maps them."""

    start: int
    size: int
    permissions: Permission
    host: int


class Memory:
    """All memory of one core, by region.

    `code_version` rises with every write to memory that may be executed.
    """

    def __init__(self, regions: Sequence[Region], page: int) -> None:
        check_disjoint(regions)
        self.regions = {region.name: region for region in regions}
        self.code_version = 0
        self._page = page
        self._banks = [_bank(start, end) for start, end in _spans(regions, page)]

    def read(self, address: int, size: int) -> bytes:
        """Return memory; raises ValueError where any of it is in no region."""
        bank = self._bank(address, size)
        return bank.bytes[address - bank.start : address - bank.start + size]

    def write(self, address: int, data: bytes) -> None:
        """Set memory; raises ValueError, and sets nothing, where any of it is in no region."""
        bank = self._bank(address, len(data))
        bank.bytes[address - bank.start : address - bank.start + len(data)] = data
        executable = (r for r in self.regions.values() if Permission.EXECUTE in r.permissions)
        if any(r.address < address + len(data) and address < r.end for r in executable):
            self.code_version += 1

    def select(self, names: Sequence[str] | None) -> tuple[Region, ...]:
        """Return the regions of these names, or all; raises KeyError."""
        if names is None:
            return tuple(self.regions.values())
        return tuple(self.regions[name] for name in names)

    def pages(self, regions: Sequence[Region]) -> Iterator[Pages]:
        """Return the pages that hold the regions; a shared page has the permissions of both."""
        permissions: dict[int, Permission] = {}
        for region in regions:
            for start in range(region.address & -self._page, region.end, self._page):
                permissions[start] = permissions.get(start, Permission(0)) | region.permissions
        starts = sorted(permissions)
        first = 0
        for index, start in enumerate(starts):
            following = starts[index + 1] if index + 1 < len(starts) else None
            if following == start + self._page and permissions[following] == permissions[start]:
                continue
            begin = starts[first]
            yield Pages(begin, start + self._page - begin, permissions[start], self.host(begin))
            first = index + 1

    def host(self, address: int) -> int:
        """Return where on the host the byte at `address` lies."""
        bank = next(bank for bank in self._banks if bank.start <= address < bank.end)
        return bank.host + address - bank.start

    def _bank(self, address: int, size: int) -> Bank:
        at = address
        while at < address + size or at == address:
            region = next((r for r in self.regions.values() if r.holds(at)), None)
            if region is None:
                raise ValueError(f"no memory at {at:#010x} ({address:#x}+{size:#x})")
            at = region.end
        return next(bank for bank in self._banks if bank.start <= address < bank.end)


def _spans(regions: Sequence[Region], page: int) -> list[tuple[int, int]]:
    """Round regions to pages and join what touches."""
    spans: list[tuple[int, int]] = []
    for region in sorted(regions, key=lambda region: region.address):
        start, end = region.address & -page, -(-region.end // page) * page
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _bank(start: int, end: int) -> Bank:
    pages = mmap.mmap(-1, end - start)
    return Bank(start, pages, ctypes.addressof(ctypes.c_char.from_buffer(pages)))
