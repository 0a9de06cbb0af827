"""CBOR and JSON of strangers: bounded in size and depth, nothing told twice, no tag evaluated."""

import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NoReturn

import cbor2

from ..errors import CodecError, shown

# A byte can ask for some seventy bytes of memory. What is larger than this is an
# image, and those travel as opaque.
LARGEST_PAYLOAD: Final = 1024 * 1024

# Three maps or arrays around a value, and what an unknown field may hold.
_JSON_DEPTH: Final = 8

# No resource takes an integer of more than 64 bits, which are 20 digits.
_LONGEST_INTEGER: Final = 24
_LONGEST_DATE: Final = 40


def read_cbor(data: bytes, what: str, depth: int) -> object:
    """Read one CBOR item of at most `depth` levels; `what` names it in messages.

    Maps keep their keys, with arrays as tuples. Of all tags a decimal fraction is a number and a
    time (RFC 8949 §3.4) the seconds since the epoch. Raises `CodecError`.
    """
    _check_size(data, what)
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream,
        semantic_decoders=_TAGS,
        max_depth=depth,
        allow_duplicate_keys=False,
        strict_hashable_types=False,
    )
    try:
        item: object = decoder.decode()
    except (cbor2.CBORError, ArithmeticError, ValueError) as error:
        raise CodecError(f"{what} is no CBOR: {error}", stream.tell()) from None
    if rest := len(data) - stream.tell():
        raise CodecError(f"{what} is followed by {rest} bytes", stream.tell())
    return item


def read_json(data: bytes, what: str) -> object:
    """Read one JSON value (RFC 8259); `what` names it in messages. Raises `CodecError`."""
    _check_size(data, what)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError(f"{what} is no UTF-8", error.start) from None
    _check_depth(text, what)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise CodecError(f"{what} is no JSON: {error.msg}", error.pos) from None
    except ValueError as error:
        raise CodecError(f"{what} is no JSON: {error}") from None
    return value


def _check_size(data: bytes, what: str) -> None:
    if len(data) > LARGEST_PAYLOAD:
        raise CodecError(f"{what} has {len(data)} bytes; {LARGEST_PAYLOAD} is the most")


# A string without its end takes the rest, so that each character is looked at once.
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_STEPS: Final[Mapping[str, int]] = {"[": 1, "{": 1, "]": -1, "}": -1}


def _check_depth(text: str, what: str) -> None:
    # Python's reader recurses, and how deep it may is not ours to say.
    depth = 0
    for found in _STRUCTURE.finditer(text):
        depth += _STEPS.get(text[found.start()], 0)
        if depth > _JSON_DEPTH:
            raise CodecError(f"{what} is nested deeper than {_JSON_DEPTH}", found.start())


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict[str, object]()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{shown(key)} is there twice")
        found[key] = value
    return found


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError(f"{shown(text)} has more than 64 bits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{shown(text)} is more than 64 bits of IEEE 754 can tell")
    return number


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _seconds(item: object, *_: object) -> int | float:
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise cbor2.CBORDecodeError(f"a time in seconds is a number, not {shown(item)}")
    return item


def _date(item: object, *_: object) -> int:
    if not isinstance(item, str) or len(item) > _LONGEST_DATE:
        raise cbor2.CBORDecodeError(f"a date is text as of RFC 3339, not {shown(item)}")
    try:
        date = datetime.fromisoformat(item)
    except ValueError:
        raise cbor2.CBORDecodeError(f"{shown(item)} is no date as of RFC 3339") from None
    return int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())


def _refuse(*_: object) -> NoReturn:
    raise cbor2.CBORDecodeError("tags other than times and decimal fractions have no place")


class _Tags(Mapping[int, Callable[..., object]]):
    """Decoders of tags for cbor2: all refuse, save those of numbers and times.

    By itself cbor2 answers some thirty tags, among them regular expressions that
    it compiles, e-mails that it parses and references that make cycles.
    """

    # RFC 8428 §6: a number may be told so; cbor2 reads it well.
    _DECIMAL_FRACTION: Final = 4
    # Anjay Lite tells times by tag 1, Zephyr by tag 0.
    _TIMES: Final[Mapping[int, Callable[..., object]]] = {0: _date, 1: _seconds}

    def __getitem__(self, tag: int) -> Callable[..., object]:
        if tag == self._DECIMAL_FRACTION:
            raise KeyError(tag)
        return self._TIMES.get(tag, _refuse)

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


_TAGS: Final = _Tags()
