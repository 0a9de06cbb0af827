"""Reader of one CBOR item (RFC 8949) of a stranger: what LwM2M has use for, and nothing else.

A reader of our own, since libraries evaluate tags, and build maps of keys that were chosen to
collide: here a key is a label or a path, and a tag is a time or a number.
"""

import math
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import repeat
from typing import Final, TypeGuard

from ..errors import CodecError, shown
from .payload import check_size

_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE: Final = 31

_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE: Final[dict[int, bool | None]] = {20: False, 21: True, 22: None}

# RFC 8428 has thirteen labels; what is more is of others, and read over.
_MOST_LABELS: Final = 64
_LARGEST_IDENTIFIER: Final = 0xFFFF
_LONGEST_PATH: Final = 4

_LONGEST_DATE: Final = 40


class CborReader:
    """One payload; `what` names it in messages, `depth` is how many items may hold each other."""

    def __init__(self, data: bytes, what: str, depth: int) -> None:
        check_size(data, what)
        self._data = data
        self._what = what
        self._position = 0
        self._room = depth
        self._key: Callable[[], int | str | tuple[int, ...]] = self._label
        self._most = _MOST_LABELS

    def labelled(self) -> object:
        """Return the item; the keys of its maps are numbers or text, and few. `CodecError`."""
        return self._whole()

    def by_path(self) -> object:
        """Return the item; the keys of its maps are identifiers or arrays of them. `CodecError`."""
        self._key = self._identifiers
        self._most = len(self._data)
        return self._whole()

    def _whole(self) -> object:
        item = self._item()
        if rest := len(self._data) - self._position:
            raise CodecError(f"{self._what} is followed by {rest} bytes", self._position)
        return item

    def _item(self) -> object:
        initial = self._byte()
        return _MAJOR_TYPES[initial >> 5](self, initial & 31)

    def _fault(self, why: str) -> CodecError:
        return CodecError(f"{self._what} is no CBOR: {why}", self._position)

    def _byte(self) -> int:
        try:
            byte = self._data[self._position]
        except IndexError:
            raise self._fault("it is cut short") from None
        self._position += 1
        return byte

    def _taken(self, length: int) -> bytes:
        end = self._position + length
        if end > len(self._data):
            raise self._fault(f"it is cut short by {end - len(self._data)} bytes")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if (width := _WIDTHS.get(info)) is None:
            raise self._fault(f"a length of {info} is reserved")
        return int.from_bytes(self._taken(width), "big")

    def _ended(self) -> bool:
        """Whether an item of indefinite length ends here."""
        ended = self._data.startswith(b"\xff", self._position)
        self._position += ended
        return ended

    # --- the major types (RFC 8949 §3.1) ------------------------------------------------------

    def _unsigned(self, info: int) -> object:
        return self._argument(info)

    def _negative(self, info: int) -> object:
        return -1 - self._argument(info)

    def _bytes(self, info: int) -> bytes:
        return self._string(info, 2)

    def _text(self, info: int) -> str:
        content = self._string(info, 3)
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            raise self._fault("text is no UTF-8") from None

    def _string(self, info: int, major_type: int) -> bytes:
        if info != _INDEFINITE:
            return self._taken(self._argument(info))
        chunks = list[bytes]()
        while not self._ended():
            initial = self._byte()
            if initial >> 5 != major_type or initial & 31 == _INDEFINITE:
                raise self._fault("a string in parts has a part of another kind")
            chunks.append(self._taken(self._argument(initial & 31)))
        return b"".join(chunks)

    def _array(self, info: int) -> list[object]:
        self._deeper()
        items = [self._item() for _ in self._counted(info)]
        self._room += 1
        return items

    def _map(self, info: int) -> dict[object, object]:
        self._deeper()
        entries = dict[object, object]()
        for _ in self._counted(info):
            key = self._key()
            if key in entries:
                raise self._fault(f"the key {shown(key)} is there twice")
            if len(entries) >= self._most:
                raise self._fault(f"a map has more than {self._most} labels")
            entries[key] = self._item()
        self._room += 1
        return entries

    def _counted(self, info: int) -> Iterator[None]:
        """Yield as often as there are items: a number that is told, or until their end."""
        if info != _INDEFINITE:
            count = self._argument(info)
            if count > len(self._data) - self._position:
                raise self._fault(f"it is cut short: no {count} items follow")
            yield from repeat(None, count)
            return
        while not self._ended():
            yield

    def _deeper(self) -> None:
        self._room -= 1
        if self._room < 0:
            raise self._fault("items hold each other too deep")

    def _tag(self, info: int) -> object:
        tag = _TAGS.get(self._argument(info))
        if tag is None:
            raise self._fault("tags other than times and decimal fractions have no place")
        self._deeper()
        value = tag(self, self._item())
        self._room += 1
        return value

    def _simple(self, info: int) -> object:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if (form := _FLOATS.get(info)) is None:
            raise self._fault(f"simple value {info} has no place")
        number: float = struct.unpack(form, self._taken(_WIDTHS[info]))[0]
        return number

    # --- tags (RFC 8949 §3.4) -------------------------------------------------------------------

    def _date(self, item: object) -> object:
        # Zephyr tells times so.
        if not isinstance(item, str) or len(item) > _LONGEST_DATE:
            raise self._fault(f"a date is text as of RFC 3339, not {shown(item)}")
        try:
            date = datetime.fromisoformat(item)
        except ValueError:
            raise self._fault(f"{shown(item)} is no date as of RFC 3339") from None
        return math.floor((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())

    def _seconds(self, item: object) -> object:
        # Anjay Lite tells times so.
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise self._fault(f"a time in seconds is a number, not {shown(item)}")
        return item

    def _decimal_fraction(self, item: object) -> object:
        match item:
            case [int(exponent), int(mantissa)] if bool not in {type(exponent), type(mantissa)}:
                number = float(f"{mantissa}e{exponent}")
                if math.isfinite(number):
                    return number
        raise self._fault(f"{shown(item)} is no decimal fraction of 64 bits")

    # --- keys -----------------------------------------------------------------------------------

    def _label(self) -> int | str:
        key = self._item()
        if not isinstance(key, int | str) or isinstance(key, bool):
            raise self._fault(f"{shown(key)} is no label, which is a number or text")
        return key

    def _identifiers(self) -> int | tuple[int, ...]:
        key = self._item()
        if _is_identifier(key):
            return key
        if isinstance(key, list) and 1 <= len(key) <= _LONGEST_PATH:
            parts = tuple(part for part in key if _is_identifier(part))
            if len(parts) == len(key):
                return parts
        raise self._fault(f"{shown(key)} is no key, which is an identifier or an array of them")


def _is_identifier(part: object) -> TypeGuard[int]:
    return type(part) is int and 0 <= part <= _LARGEST_IDENTIFIER


_TAGS: Final[dict[int, Callable[[CborReader, object], object]]] = {
    0: CborReader._date,
    1: CborReader._seconds,
    4: CborReader._decimal_fraction,
}

_MAJOR_TYPES: Final[tuple[Callable[[CborReader, int], object], ...]] = (
    CborReader._unsigned,
    CborReader._negative,
    CborReader._bytes,
    CborReader._text,
    CborReader._array,
    CborReader._map,
    CborReader._tag,
    CborReader._simple,
)
