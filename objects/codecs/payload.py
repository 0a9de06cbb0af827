"""JSON (RFC 8259) of strangers: bounded in size and depth, with no label twice."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from ..errors import CodecError, shown

# A byte can ask for some seventy bytes of memory. What is larger than this is an
# image, and those travel as opaque.
LARGEST_PAYLOAD: Final = 1024 * 1024

# Three maps or arrays around a value, and what an unknown field may hold.
_JSON_DEPTH: Final = 8

# No resource takes an integer of more than 64 bits, which are 20 digits.
_LONGEST_INTEGER: Final = 24


def read_json(data: bytes, what: str) -> object:
    """Read one JSON value (RFC 8259); `what` names it in messages. Raises `CodecError`."""
    check_size(data, what)
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


def check_size(data: bytes, what: str) -> None:
    """Raise `CodecError` for a payload larger than any of values is."""
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
