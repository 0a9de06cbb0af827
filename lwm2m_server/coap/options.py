"""The options of a message: their table, as values, and their bytes (§3.1, §5.4, §5.10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .block import Block, decode_block, encode_block
from .errors import Malformed
from .numbers import Code, Option

_MARKER: Final = 0xFF
_ANY: Final = 1 << 32


@dataclass(kw_only=True)
class Options:
    """The options of one message, typed (§5.10); absent ones have their defaults.

    `other` holds elective options that have no field here, in order, as they came. Without
    slots on purpose: defaults are the class's own, and each holds only what was given.
    """

    uri_path: tuple[str, ...] = ()
    uri_query: tuple[str, ...] = ()
    content_format: int | None = None
    accept: int | None = None
    observe: int | None = None
    block1: Block | None = None
    block2: Block | None = None
    size1: int | None = None
    size2: int | None = None
    etags: tuple[bytes, ...] = ()
    location_path: tuple[str, ...] = ()
    location_query: tuple[str, ...] = ()
    max_age: int | None = None
    uri_host: str | None = None
    uri_port: int | None = None
    if_match: tuple[bytes, ...] = ()
    if_none_match: bool = False
    echo: bytes | None = None
    request_tags: tuple[bytes, ...] = ()
    no_response: int | None = None
    oscore: bytes | None = None
    other: tuple[tuple[int, bytes], ...] = ()

    if not TYPE_CHECKING:  # for whom the fields above are the parameters

        def __init__(self, **given: Any) -> None:
            if not _FIELDS.issuperset(given):
                raise TypeError(f"no options: {', '.join(given.keys() - _FIELDS)}")
            self.__dict__ = given

    def but(self, **fields: Any) -> "Options":
        """Return a copy in which these fields are others."""
        return Options(**{**self.__dict__, **fields})


_FIELDS: Final = frozenset(one.name for one in fields(Options))

NONE: Final = Options()
"""What a message without options has; shared, like every value not to be changed."""


class Format(Enum):
    """§3.2, option value formats; a block is a uint with an inside (RFC 7959 §2.2)."""

    EMPTY = "empty"
    OPAQUE = "opaque"
    UINT = "uint"
    STRING = "string"
    BLOCK = "block"


class Definition(NamedTuple):
    """One option: its number, its field in `Options`, and what its value may be."""

    number: Option
    field: str
    format: Format
    shortest: int
    longest: int
    repeatable: bool
    clause: str


TABLE: Final = tuple(
    Definition(*row)
    for row in (
        (Option.IF_MATCH, "if_match", Format.OPAQUE, 0, 8, True, "RFC 7252 §5.10.8.1"),
        (Option.URI_HOST, "uri_host", Format.STRING, 1, 255, False, "RFC 7252 §5.10.1"),
        (Option.ETAG, "etags", Format.OPAQUE, 1, 8, True, "RFC 7252 §5.10.6"),
        (Option.IF_NONE_MATCH, "if_none_match", Format.EMPTY, 0, 0, False, "RFC 7252 §5.10.8.2"),
        (Option.OBSERVE, "observe", Format.UINT, 0, 3, False, "RFC 7641 §2"),
        (Option.URI_PORT, "uri_port", Format.UINT, 0, 2, False, "RFC 7252 §5.10.1"),
        (Option.LOCATION_PATH, "location_path", Format.STRING, 0, 255, True, "RFC 7252 §5.10.7"),
        (Option.OSCORE, "oscore", Format.OPAQUE, 0, 255, False, "RFC 8613 §2"),
        (Option.URI_PATH, "uri_path", Format.STRING, 0, 255, True, "RFC 7252 §5.10.1"),
        (Option.CONTENT_FORMAT, "content_format", Format.UINT, 0, 2, False, "RFC 7252 §5.10.3"),
        (Option.MAX_AGE, "max_age", Format.UINT, 0, 4, False, "RFC 7252 §5.10.5"),
        (Option.URI_QUERY, "uri_query", Format.STRING, 0, 255, True, "RFC 7252 §5.10.1"),
        (Option.ACCEPT, "accept", Format.UINT, 0, 2, False, "RFC 7252 §5.10.4"),
        (Option.LOCATION_QUERY, "location_query", Format.STRING, 0, 255, True, "RFC 7252 §5.10.7"),
        (Option.BLOCK2, "block2", Format.BLOCK, 0, 3, False, "RFC 7959 §2.1"),
        (Option.BLOCK1, "block1", Format.BLOCK, 0, 3, False, "RFC 7959 §2.1"),
        (Option.SIZE2, "size2", Format.UINT, 0, 4, False, "RFC 7959 §4"),
        (Option.SIZE1, "size1", Format.UINT, 0, 4, False, "RFC 7959 §4"),
        (Option.ECHO, "echo", Format.OPAQUE, 1, 40, False, "RFC 9175 §2.2.1"),
        (Option.NO_RESPONSE, "no_response", Format.UINT, 0, 1, False, "RFC 7967 §2"),
        (Option.REQUEST_TAG, "request_tags", Format.OPAQUE, 0, 8, True, "RFC 9175 §3.2.1"),
    )
)
"""All options that are understood here. What OSCORE protects is for whoever is above to open."""

_REFUSED: Final[dict[int, Code]] = {
    Option.PROXY_URI: Code.PROXYING_NOT_SUPPORTED,
    Option.PROXY_SCHEME: Code.PROXYING_NOT_SUPPORTED,
}
"""Critical options that deserve another answer than 4.02 (§5.10.2)."""


def _write_uint(value: int) -> bytes:
    if value < 0:
        raise ValueError(f"{value} is negative")
    return value.to_bytes((value.bit_length() + 7) >> 3)


_READ: Final[dict[Format, Callable[[bytes], Any]]] = {
    Format.EMPTY: lambda _: True,
    Format.OPAQUE: bytes,
    Format.UINT: int.from_bytes,
    Format.STRING: bytes.decode,
    Format.BLOCK: decode_block,
}
_WRITE: Final[dict[Format, Callable[[Any], bytes]]] = {
    Format.EMPTY: lambda _: b"",
    Format.OPAQUE: bytes,
    Format.UINT: _write_uint,
    Format.STRING: str.encode,
    Format.BLOCK: encode_block,
}
_Reader = tuple[str, int, int, bool, Callable[[bytes], Any]]
_Writer = tuple[int, str, int, int, Callable[[Any], bytes]]
_BY_NUMBER: Final[dict[int, _Reader]] = {
    int(number): (name, shortest, longest, repeatable, _READ[kind])
    for number, name, kind, shortest, longest, repeatable, _ in TABLE
}
# No length is right for it: so it is told apart by a check that there is anyway.
_UNKNOWN: Final[_Reader] = ("other", 1, 0, True, bytes)
_BY_FIELD: Final[dict[str, tuple[_Writer, bool]]] = {
    name: ((int(number), name, shortest, longest, _WRITE[kind]), repeatable)
    for number, name, kind, shortest, longest, repeatable, _ in TABLE
}


def decode_options(data: bytes, at: int) -> tuple[Options, int]:
    """Read the options that begin at `at`; return them and where the payload begins.

    Without a payload that is the end of `data`. Raises `Malformed`: for an option that is
    unusable only if all are in their place, as what is no message has no answer (§4.2).
    """
    end = len(data)
    if at == end:
        return NONE, at
    found: dict[str, Any] = {}
    at, unusable = _read_all(data, at, found)
    if at < end:
        at += 1
        if at == end:
            raise Malformed("a payload marker without payload (§3)")
    if unusable is not None:
        raise unusable
    for field, value in found.items():
        if type(value) is list:
            found[field] = tuple(value)
    options = Options.__new__(Options)
    options.__dict__ = found
    return options, at


def _read_all(data: bytes, at: int, found: dict[str, Any]) -> tuple[int, Malformed | None]:
    """Read options into `found`, up to the marker or the end; return where that is (§3.1).

    Those that are repeatable become lists. What is returned beside is the first that makes
    the message useless.
    """
    end = len(data)
    unusable: Malformed | None = None
    number = 0
    field, shortest, longest, repeatable, read = _UNKNOWN
    row: list[Any] | None = None
    while at < end and (head := data[at]) != _MARKER:
        delta, length = head >> 4, head & 15
        at += 1
        if delta > 12 or length > 12:
            delta, at = _extended(data, delta, at)
            length, at = _extended(data, length, at)
        start, at = at, at + length
        if at > end:
            raise Malformed("an option is longer than the message (§3.1)")
        if delta:  # else it is one more of the same
            number += delta
            field, shortest, longest, repeatable, read = _BY_NUMBER.get(number, _UNKNOWN)
            row = None
        if not shortest <= length <= longest:
            fault = _set_aside(number, data[start:at], found)
            unusable = unusable or fault
            continue
        try:
            value = read(data[start:at])
        except (UnicodeDecodeError, Malformed) as why:
            unusable = unusable or _unreadable(number, why)
            continue
        if repeatable:
            if row is None:
                found[field] = row = []
            row.append(value)
        elif field in found:
            unusable = unusable or _unusable(number, "is there twice (§5.4.5)")
        else:
            found[field] = value
    return at, unusable


def _extended(data: bytes, nibble: int, at: int) -> tuple[int, int]:
    """§3.1: of the nibbles above 12, 13 is one more byte, 14 are two, 15 is reserved."""
    if nibble < 13:
        return nibble, at
    if nibble == 15:
        raise Malformed("option delta or length 15 is reserved (§3.1)")
    size = nibble - 12
    if at + size > len(data):
        raise Malformed("an option's header is cut short (§3.1)")
    return int.from_bytes(data[at : at + size]) + (13 if size == 1 else 269), at + size


def _unusable(number: int, why: str) -> Malformed | None:
    """§5.4.1: what is critical makes the message useless, what is elective is ignored."""
    if number & 1:
        return Malformed(f"critical option {number} {why}", _REFUSED.get(number, Code.BAD_OPTION))
    return None


def _set_aside(number: int, value: bytes, found: dict[str, Any]) -> Malformed | None:
    """Take an option that is not understood, or is of a wrong length."""
    if number in _BY_NUMBER:
        return _unusable(number, f"has a length of {len(value)} (§5.4.3)")
    if number > 0xFFFF:
        raise Malformed("an option's number is longer than 16 bits (§3.1)")
    found.setdefault("other", []).append((number, value))
    return _unusable(number, "is not understood (§5.4.1)")


def _unreadable(number: int, fault: UnicodeDecodeError | Malformed) -> Malformed | None:
    """§3.2: text is UTF-8; a block tells itself what is wrong with it."""
    return fault if isinstance(fault, Malformed) else _unusable(number, "is no UTF-8 (§3.2)")


def encode_options(options: Options, into: bytearray) -> None:
    """Append the options in the order of their numbers. Raises `ValueError`."""
    rows: list[tuple[_Writer, Sequence[Any]]] = []
    for field, value in options.__dict__.items():
        if value is None or value is False:
            continue
        if field == "other":
            rows += [((number, field, 0, _ANY, bytes), (one,)) for number, one in value]
        else:
            definition, repeatable = _BY_FIELD[field]
            rows.append((definition, value if repeatable else (value,)))
    if len(rows) > 1:
        rows.sort(key=lambda row: row[0][0])
    before = 0
    for (number, field, shortest, longest, write), values in rows:
        for one in values:
            written = write(one)
            delta, length = number - before, len(written)
            before = number
            if not shortest <= length <= longest:
                raise ValueError(f"{field} of {length} bytes, not {shortest} to {longest}")
            if delta < 13 and length < 13:
                into.append(delta << 4 | length)
            else:
                into += _long_head(delta, length)
            into += written


def _long_head(delta: int, length: int) -> bytes:
    high, further = _nibble(delta)
    low, furthest = _nibble(length)
    return bytes((high << 4 | low,)) + further + furthest


def _nibble(value: int) -> tuple[int, bytes]:
    if value < 13:
        return value, b""
    if value < 269:
        return 13, (value - 13).to_bytes(1)
    if value < 269 + 0x10000:
        return 14, (value - 269).to_bytes(2)
    raise ValueError(f"an option delta or length of {value} does not fit (§3.1)")
