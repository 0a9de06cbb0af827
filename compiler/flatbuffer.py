"""A reader of FlatBuffers that trusts no offset.

Every access is checked against the bytes there are, so that a damaged or hostile
file ends in InvalidModel. As tables may share parts, a small file could describe
a vast structure; what is read in all is therefore held to a multiple of the
file's size.
"""

import struct
from collections.abc import Iterator
from typing import Final, NoReturn, Self

from .errors import InvalidModel, UnsupportedModel

_SHARING: Final = 8
"""How many times its own size a file may make us read."""


class FlatBuffer:
    """The bytes of one FlatBuffers file, and how much may still be read of them."""

    __slots__ = ("_budget", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._budget = _SHARING * len(data)

    def root(self, identifier: bytes) -> "Table":
        """Return the root table of a file that carries `identifier` at byte 4."""
        if len(self.data) < 8:
            raise InvalidModel(f"no TFLite model: the file has only {len(self.data)} bytes")
        if self.data[4:8] != identifier:
            raise InvalidModel(
                f"no TFLite model: bytes 4 to 7 are {self.data[4:8]!r}, not {identifier!r}"
            )
        return self.table(self.unsigned(0))

    def table(self, position: int) -> "Table":
        """Return the table at `position`, its vtable checked."""
        vtable = position - self.scalar("<i", position)
        size = self.scalar("<H", vtable)
        if size < 4 or size % 2:
            self.damaged(vtable, "a table of fields has an impossible size")
        self.slice(vtable, size)
        return Table(self, position, vtable, size)

    def unsigned(self, position: int) -> int:
        """Return the offset or length at `position`: 32 bits, as a position in the file."""
        return int(self.scalar("<I", position))

    def scalar(self, layout: str, position: int) -> int:
        """Return one number; also a float, which callers of `Table.real` get as such."""
        size = struct.calcsize(layout)
        if not 0 <= position <= len(self.data) - size:
            self.damaged(position, f"{size} bytes are expected")
        self._spend(position, size)
        value: int = struct.unpack_from(layout, self.data, position)[0]
        return value

    def slice(self, position: int, size: int) -> bytes:
        """Return `size` bytes from `position`."""
        if not (0 <= position <= len(self.data) and size <= len(self.data) - position):
            self.damaged(position, f"{size} bytes are expected")
        self._spend(position, size)
        return self.data[position : position + size]

    def damaged(self, position: int, why: str) -> NoReturn:
        """Raise the error for bytes that cannot be what the format says."""
        raise InvalidModel(
            f"the file is cut short or damaged: {why} at byte {position}"
            f" of {len(self.data)}; get the model again from its source"
        )

    def _spend(self, position: int, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            self.damaged(position, "parts refer to each other again and again")


class Table:
    """One table; fields are named by their slot, their number in the schema."""

    __slots__ = ("_buffer", "_position", "_vtable", "_vtable_size")

    def __init__(self, buffer: FlatBuffer, position: int, vtable: int, vtable_size: int) -> None:
        self._buffer = buffer
        self._position = position
        self._vtable = vtable
        self._vtable_size = vtable_size

    @classmethod
    def empty(cls) -> Self:
        """Return a table in which every field is absent and so has its default."""
        return cls(FlatBuffer(b""), 0, 0, 0)

    def integer(self, slot: int, layout: str, default: int = 0) -> int:
        """Return an integer field; `layout` is its `struct` format."""
        position = self._field(slot)
        return default if position is None else self._buffer.scalar("<" + layout, position)

    def real(self, slot: int, default: float = 0.0) -> float:
        """Return a float32 field."""
        position = self._field(slot)
        return default if position is None else float(self._buffer.scalar("<f", position))

    def table(self, slot: int) -> "Table | None":
        """Return a field that is a table (or a union's value), None if absent."""
        position = self._reference(slot)
        return None if position is None else self._buffer.table(position)

    def tables(self, slot: int, most: int) -> "Iterator[Table]":
        """Yield the tables of a vector; more than `most` are refused."""
        start, count = self._vector(slot, 4)
        if count > most:
            raise UnsupportedModel(f"the model has {count} parts of a kind; {most} are the most")
        for position in range(start, start + 4 * count, 4):
            yield self._buffer.table(position + self._buffer.unsigned(position))

    def numbers(self, slot: int, layout: str) -> tuple[float, ...]:
        """Return a vector of numbers; `layout` is the `struct` format of one."""
        size = struct.calcsize("<" + layout)
        start, count = self._vector(slot, size)
        return struct.unpack(f"<{count}{layout}", self._buffer.slice(start, size * count))

    def integers(self, slot: int, layout: str) -> tuple[int, ...]:
        """Return a vector of integers."""
        return tuple(int(n) for n in self.numbers(slot, layout))

    def bytes(self, slot: int) -> bytes:
        """Return a vector of bytes, empty if absent."""
        start, count = self._vector(slot, 1)
        return self._buffer.slice(start, count)

    def text(self, slot: int) -> str:
        """Return a string; what is no UTF-8 in it is replaced."""
        return self.bytes(slot).decode(errors="replace")

    def has(self, slot: int) -> bool:
        """Whether the field is there."""
        return self._field(slot) is not None

    def _field(self, slot: int) -> int | None:
        entry = 4 + 2 * slot
        if entry + 2 > self._vtable_size:
            return None
        offset = self._buffer.scalar("<H", self._vtable + entry)
        return self._position + offset if offset else None

    def _reference(self, slot: int) -> int | None:
        position = self._field(slot)
        return None if position is None else position + self._buffer.unsigned(position)

    def _vector(self, slot: int, size: int) -> tuple[int, int]:
        position = self._reference(slot)
        if position is None:
            return 0, 0
        count = self._buffer.unsigned(position)
        if count * size > len(self._buffer.data) - position - 4:
            self._buffer.damaged(position, f"a list of {count} entries is said to start")
        return position + 4, count
