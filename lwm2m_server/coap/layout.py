"""Options of messages that are alike, read without a look at the head of each.

The devices of a fleet say the same things all the time: the same options, of the same lengths,
with other values. Where there are as many bytes behind the token as there were before, and
the heads of the options (§3.1) are again where they were, everything else is there too.
"""

from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from struct import Struct
from typing import Any, Final, NamedTuple

from .errors import Malformed
from .options import (
    ABSENT,
    NONE,
    READERS,
    Division,
    Options,
    decode_options,
    number_of,
    options_of,
)

_MARKER: Final = 0xFF
# Bytes behind the token of what is remembered: one layout for each number of them, the latest.
_LONGEST: Final = 1024
_MOST: Final = 64
# A layout is made of one in so many messages that none was known of: it takes as long as
# to read two.
_EVERY: Final = 32
_HEADS: Final = slice(None, None, 2)


class _Layout(NamedTuple):
    """Of so many bytes: what `divide` returns has heads and values in turns."""

    divide: Callable[[bytes, int], tuple[bytes, ...]]
    heads: tuple[bytes, ...]
    singles: tuple[tuple[str, Callable[[bytes], Any], int], ...]
    rows: tuple[tuple[str, Callable[[bytes], Any], slice], ...]
    body: int


class Layouts:
    """Reads options, and remembers how they lay."""

    def __init__(self) -> None:
        self._known: dict[int, _Layout] = {}
        self._unknown: dict[int, int] = {}

    def __len__(self) -> int:
        """How many layouts are known."""
        return len(self._known)

    def read(self, data: bytes, at: int) -> tuple[Options, int]:
        """Read the options that begin at `at`; return them and where the payload begins.

        Without a payload that is the end of `data`. Raises `Malformed`: for an option that is
        unusable only if all are in their place, as what is no message has no answer (§4.2).
        """
        size = len(data) - at
        if not size:
            return NONE, at
        layout = self._known.get(size)
        if layout is not None:
            parts = layout.divide(data, at)
            if parts[_HEADS] == layout.heads:
                found = ABSENT.copy()
                try:
                    for name, read, places in layout.rows:
                        found[name] = tuple(map(read, parts[places]))
                    for name, read, place in layout.singles:
                        found[name] = read(parts[place])
                except (UnicodeDecodeError, Malformed):
                    pass  # it is told below what is wrong
                else:
                    return options_of(found), at + layout.body
        return self._read_each(data, at)

    def _read_each(self, data: bytes, at: int) -> tuple[Options, int]:
        divisions, body = _divide(data, at)
        if body < len(data):
            body += 1
            if body == len(data):
                raise Malformed("a payload marker without payload (§3)")
        options = decode_options(data, divisions)
        size = len(data) - at
        if size <= _LONGEST:
            met = self._unknown.get(size, 0) + 1
            self._unknown[size] = met % _EVERY
            if met == _EVERY and (layout := _layout(data, at, divisions, body)) is not None:
                self._known[size] = layout
                if len(self._known) > _MOST:
                    del self._known[next(iter(self._known))]
        return options, body


def _divide(data: bytes, at: int) -> tuple[list[Division], int]:
    """Return where the options from `at` on lie, and where they end (§3.1).

    That is at the marker of a payload, or at the end of `data`. Raises `Malformed` for what is
    no message.
    """
    divisions: list[Division] = []
    end = len(data)
    number = 0
    while at < end and (head := data[at]) != _MARKER:
        delta, length = head >> 4, head & 15
        at += 1
        if delta > 12:
            delta, at = _extended(data, delta, at)
        if length > 12:
            length, at = _extended(data, length, at)
        number += delta
        divisions.append((number, at, at + length))
        at += length
    if at > end:
        raise Malformed("an option is longer than the message (§3.1)")
    if number > 0xFFFF:
        raise Malformed("an option's number is longer than 16 bits (§3.1)")
    return divisions, at


def _extended(data: bytes, nibble: int, at: int) -> tuple[int, int]:
    """§3.1: of the nibbles above 12, 13 is one more byte, 14 are two, 15 is reserved."""
    if nibble == 15:
        raise Malformed("option delta or length 15 is reserved (§3.1)")
    size = nibble - 12
    if at + size > len(data):
        raise Malformed("an option's header is cut short (§3.1)")
    return int.from_bytes(data[at : at + size]) + (13 if size == 1 else 269), at + size


def _layout(data: bytes, at: int, divisions: Sequence[Division], body: int) -> _Layout | None:
    """Return how they lie; None where one of them is not understood, or was ignored (§5.4)."""
    places = [at, *(place for _, begin, end in divisions for place in (begin, end)), body]
    struct = Struct("".join(f"{end - begin}s" for begin, end in pairwise(places)))
    singles, rows = [], []
    first = 1
    for number, same in groupby(divisions, number_of):
        sizes = [end - begin for _, begin, end in same]
        after = first + 2 * len(sizes)
        reader = READERS.get(number)
        if reader is None or not reader.shortest <= min(sizes) <= max(sizes) <= reader.longest:
            return None
        if reader.repeatable:
            rows.append((reader.field, reader.read, slice(first, after, 2)))
        elif len(sizes) == 1:
            singles.append((reader.field, reader.read, first))
        else:
            return None
        first = after
    heads = struct.unpack_from(data, at)[::2]
    return _Layout(struct.unpack_from, heads, tuple(singles), tuple(rows), body - at)
