"""The options of a message: their table, as values, and their bytes (§3.1, §5.4, §5.10)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .block import Block, decode_block, encode_block
from .errors import Malformed
from .numbers import Code, Option

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


# What is asked of each request: `None` in the object is found five times faster than in its class.
ABSENT: Final[dict[str, Any]] = dict.fromkeys(("block1", "block2", "no_response", "oscore"))


def options_of(found: dict[str, Any]) -> Options:
    """Return options that have these fields, and keep `found`; faster, as nothing is checked."""
    options = Options.__new__(Options)
    options.__dict__ = found
    return options


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
_HEADS: Final = tuple(bytes((byte,)) for byte in range(256))

Division = tuple[int, int, int]
"""Where an option lies: its number, where its value begins, and where that ends."""

number_of: Final = itemgetter(0)


class Reader(NamedTuple):
    """How an option is read: into which field, from how many bytes, whether there may be more."""

    field: str
    shortest: int
    longest: int
    repeatable: bool
    read: Callable[[bytes], Any]


_Writer = tuple[int, str, int, int, Callable[[Any], bytes]]
READERS: Final[dict[int, Reader]] = {
    int(number): Reader(name, shortest, longest, repeatable, _READ[kind])
    for number, name, kind, shortest, longest, repeatable, _ in TABLE
}
"""By number."""
_BY_FIELD: Final[dict[str, tuple[_Writer, bool]]] = {
    name: ((int(number), name, shortest, longest, _WRITE[kind]), repeatable)
    for number, name, kind, shortest, longest, repeatable, _ in TABLE
}


def decode_options(data: bytes, divisions: Sequence[Division]) -> Options:
    """Return the options that lie there; raises `Malformed` for the first unusable one (§5.4)."""
    found = ABSENT.copy()
    others: list[tuple[int, bytes]] = []
    unusable: Malformed | None = None
    for number, same in groupby(divisions, number_of):
        written = [data[begin:end] for _, begin, end in same]
        reader = READERS.get(number)
        if reader is None:
            others += [(number, one) for one in written]
            fault = _unusable(number, "is not understood (§5.4.1)")
        else:
            values, fault = _read(number, reader, written)
            if values:
                found[reader.field] = tuple(values) if reader.repeatable else values[0]
        unusable = unusable or fault
    if unusable is not None:
        raise unusable
    if others:
        found["other"] = tuple(others)
    return options_of(found)


def _read(
    number: int, reader: Reader, written: Sequence[bytes]
) -> tuple[list[Any], Malformed | None]:
    """Return the values of one option, and what of it makes the message useless, if anything."""
    _, shortest, longest, repeatable, read = reader
    values: list[Any] = []
    fault: Malformed | None = None
    for one in written:
        if not shortest <= len(one) <= longest:
            fault = fault or _unusable(number, f"has a length of {len(one)} (§5.4.3)")
        elif values and not repeatable:
            fault = fault or _unusable(number, "is there twice (§5.4.5)")
        else:
            try:
                values.append(read(one))
            except UnicodeDecodeError:
                fault = fault or _unusable(number, "is no UTF-8 (§3.2)")
            except Malformed as why:  # of a block, which tells itself what is wrong
                fault = fault or why
    return values, fault


def _unusable(number: int, why: str) -> Malformed | None:
    """§5.4.1: what is critical makes the message useless, what is elective is ignored."""
    if number & 1:
        return Malformed(f"critical option {number} {why}", _REFUSED.get(number, Code.BAD_OPTION))
    return None


def encode_options(options: Options) -> bytes:
    """Return the options' bytes, in the order of their numbers. Raises `ValueError`."""
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
    out = b""
    before = 0
    for (number, field, shortest, longest, write), values in rows:
        delta = number - before
        for one in values:
            written = write(one)
            length = len(written)
            if not shortest <= length <= longest:
                raise ValueError(f"{field} of {length} bytes, not {shortest} to {longest}")
            if delta < 13 and length < 13:
                out += _HEADS[delta << 4 | length] + written
            else:
                out += _long_head(delta, length) + written
            before, delta = number, 0
    return out


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
