"""Small settings that survive a reset, whole or not at all.

Two pages take turns. A record counts only with its checksum, and of two good
ones the younger counts, so a power cut while writing leaves the elder.
"""

import struct
import zlib
from typing import Any

import cbor2

from .board import Region
from .errors import InvalidFlashFile
from .flash import PAGE, Flash

_HEADER = struct.Struct("<4sIII")
_MAGIC = b"TMLS"


class Settings:
    """One record, a mapping that CBOR can hold, in the information pages of `flash`."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        first = flash.information.address
        self._pages = (Region(first, PAGE), Region(first + PAGE, PAGE))

    def load(self) -> dict[str, Any] | None:
        """Return the youngest whole record; None where there never was one."""
        found = max((self._read(page) for page in self._pages), key=lambda record: record[0])
        if found[0] < 0:
            return None
        try:
            record = cbor2.loads(found[1])
        except (cbor2.CBORDecodeError, ValueError) as error:
            raise InvalidFlashFile(f"settings that are no CBOR: {error}") from error
        if not isinstance(record, dict):
            raise InvalidFlashFile("settings that are no map")
        return record

    def save(self, record: dict[str, Any]) -> None:
        """Write `record` to the page that does not hold the youngest."""
        sequences = [self._read(page)[0] for page in self._pages]
        target = self._pages[sequences.index(min(sequences))]
        body = cbor2.dumps(record)
        header = _HEADER.pack(_MAGIC, max(sequences) + 1, len(body), zlib.crc32(body))
        if len(header) + len(body) > PAGE:
            raise ValueError(f"settings of {len(body)} B do not fit one page")
        self._flash.erase(target)
        self._flash.write(target.address, header + body)

    def _read(self, page: Region) -> tuple[int, bytes]:
        """Return sequence number and body, -1 where the page holds no whole record."""
        data = self._flash.read(page)
        magic, sequence, length, checksum = _HEADER.unpack_from(data)
        body = data[_HEADER.size : _HEADER.size + length]
        if magic != _MAGIC or len(body) != length or zlib.crc32(body) != checksum:
            return -1, b""
        return sequence, body
