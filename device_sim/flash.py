"""Simulated NOR flash: whole pages are erased, single bytes written, bits only ever cleared.

The content is kept inverted in a memory map, anonymous or of a sparse file, so
that flash nobody has written costs neither memory nor disk.
"""

import fcntl
import mmap
import os
from pathlib import Path

from .board import Region
from .errors import InvalidFlashFile
from .faults import FlashFaults, PowerCut

PAGE = 0x1000
# Behind the main array: two pages for settings, one for the boot loader.
INFORMATION_PAGES = 3

_INVERT = bytes(255 - value for value in range(256))


class Flash:
    """The flash of one board with its information pages, addressed as the core sees it.

    With `file` the content outlives the process, also one that is killed.
    Raises `InvalidFlashFile` for a file of another size, or that is in use.
    """

    def __init__(self, main: Region, file: Path | None, faults: FlashFaults) -> None:
        self.main = main
        self.information = Region(main.end, INFORMATION_PAGES * PAGE)
        self._faults = faults
        self._descriptor = None if file is None else _open(file)
        try:
            self._cells = self._map(main.size + self.information.size)
        except BaseException:
            self._release()
            raise

    def read(self, region: Region) -> bytes:
        """Return the bytes of `region`; erased flash reads as 0xFF."""
        start = self._offset(region)
        return self._cells[start : start + region.size].translate(_INVERT)

    def erase(self, region: Region) -> None:
        """Set whole pages to 0xFF; raises `PowerCut` where one is scripted."""
        start = self._offset(region)
        if start % PAGE or region.size % PAGE:
            raise ValueError(f"erasing is by pages of {PAGE} B, not {region}")
        for offset in range(start, start + region.size, PAGE):
            cut = self._faults.cuts_now()
            length = PAGE // 2 if cut else PAGE
            self._cells[offset : offset + length] = bytes(length)
            if cut:
                raise PowerCut

    def write(self, address: int, data: bytes) -> None:
        """Clear the bits that `data` has clear; raises `PowerCut` where one is scripted."""
        cut = self._faults.cuts_now()
        taken = data[: len(data) // 2] if cut else data
        start = self._offset(Region(address, len(taken)))
        cleared = self._faults.spoil(address, taken).translate(_INVERT)
        present = self._cells[start : start + len(taken)]
        merged = int.from_bytes(present, "big") | int.from_bytes(cleared, "big")
        self._cells[start : start + len(taken)] = merged.to_bytes(len(taken), "big")
        if cut:
            raise PowerCut

    def close(self) -> None:
        """Let go of the file; the flash is not used after that."""
        self._cells.close()
        self._release()

    def _map(self, size: int) -> mmap.mmap:
        if self._descriptor is None:
            return mmap.mmap(-1, size)
        present = os.fstat(self._descriptor).st_size
        if present not in (0, size):
            raise InvalidFlashFile(
                f"the file holds {present} B, the flash of this board {size} B; use another file"
            )
        os.ftruncate(self._descriptor, size)
        return mmap.mmap(self._descriptor, size)

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _offset(self, region: Region) -> int:
        if not Region(self.main.address, self.main.size + self.information.size).contains(region):
            raise ValueError(f"{region} is outside the flash {self.main}")
        return region.address - self.main.address


def pages(size: int) -> int:
    """Return how many pages hold `size` bytes."""
    return -(-size // PAGE)


def _open(file: Path) -> int:
    """Open a flash file for this device alone; a process that dies lets go of it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise InvalidFlashFile(f"{file} is the flash of another running device") from error
    return descriptor
