"""Values of resources and their types (OMA LwM2M Core 1.1, Appendix C)."""

import base64
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from .errors import InvalidValue, shown


class ResourceType(StrEnum):
    """The data types of Appendix C; the value is the word in an OMA object file.

    In Python a Time is an int (seconds since the epoch) and a Corelnk is a str.
    """

    STRING = "String"
    INTEGER = "Integer"
    UNSIGNED_INTEGER = "Unsigned Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    OPAQUE = "Opaque"
    TIME = "Time"
    OBJLNK = "Objlnk"
    CORELNK = "Corelnk"


@dataclass(frozen=True, slots=True, order=True)
class ObjectLink:
    """An Objlnk value, `3:0`: another object instance of the same endpoint.

    `65535:65535` points to nothing. Raises `InvalidValue` outside 0..65535.
    Not to be mixed up with a link `</3/0>` of a Register payload.
    """

    object_id: int
    instance_id: int

    def __post_init__(self) -> None:
        for part in (self.object_id, self.instance_id):
            if not 0 <= part <= 65535:
                raise InvalidValue(f"object link identifier {part} is outside 0..65535")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `3:0`. Raises `InvalidValue`."""
        match = re.fullmatch(r"([0-9]{1,5}):([0-9]{1,5})", text)
        if match is None:
            raise InvalidValue(f"{shown(text)} is no object link; write it as 3:0")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.object_id}:{self.instance_id}"


Value = str | int | float | bool | bytes | ObjectLink


def checked(resource_type: ResourceType, value: object) -> Value:
    """Return `value` as its type holds it, or raise `InvalidValue`.

    A Float takes an int, and members of enums become what they stand for. A
    bool is never a number.
    """
    result = _CHECKS[resource_type](value)
    if result is None:
        raise InvalidValue(f"{shown(value)} is no {resource_type}")
    return result


def natural_type(value: Value) -> ResourceType:
    """Return the type that a value shows by itself, for resources nobody has defined."""
    for kind, resource_type in _NATURAL_TYPES.items():
        if isinstance(value, kind):
            return resource_type
    raise InvalidValue(f"{shown(value)} is no value of a resource")


def from_text(resource_type: ResourceType, text: str) -> Value:
    """Read a value from its plain text form (§7.4). Raises `InvalidValue`."""
    try:
        value = _TEXT_READERS[resource_type](text)
    except (ValueError, KeyError):
        raise InvalidValue(f"{shown(text)} is no {resource_type} in text form") from None
    return checked(resource_type, value)


def to_text(resource_type: ResourceType, value: object) -> str:
    """Return the plain text form of a value (§7.4). Raises `InvalidValue`."""
    match checked(resource_type, value):
        case bool(flag):
            return str(int(flag))
        case float(number) if not math.isfinite(number):
            raise InvalidValue(f"{number} has no plain text form")
        case bytes(content):
            return base64.b64encode(content).decode("ascii")
        case one:
            return str(one)


def _text_value(value: object) -> Value | None:
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: nothing on the wire can say it
        return None
    return str.__str__(value)


def _integer_check(allowed: range) -> Callable[[object], Value | None]:
    def check(value: object) -> Value | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        # A plain int first: for members of enums `in` would walk the range, all 2**64 of it.
        number = int(value)
        return number if number in allowed else None

    return check


def _float_value(value: object) -> Value | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _boolean_value(value: object) -> Value | None:
    return value if isinstance(value, bool) else None


def _opaque_value(value: object) -> Value | None:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def _link_value(value: object) -> Value | None:
    return value if isinstance(value, ObjectLink) else None


_signed = _integer_check(range(-(2**63), 2**63))

_CHECKS: Final[Mapping[ResourceType, Callable[[object], Value | None]]] = {
    ResourceType.STRING: _text_value,
    ResourceType.INTEGER: _signed,
    ResourceType.UNSIGNED_INTEGER: _integer_check(range(2**64)),
    ResourceType.FLOAT: _float_value,
    ResourceType.BOOLEAN: _boolean_value,
    ResourceType.OPAQUE: _opaque_value,
    ResourceType.TIME: _signed,
    ResourceType.OBJLNK: _link_value,
    ResourceType.CORELNK: _text_value,
}

# bool before int, which every bool is as well.
_NATURAL_TYPES: Final[Mapping[type[Value], ResourceType]] = {
    bool: ResourceType.BOOLEAN,
    int: ResourceType.INTEGER,
    float: ResourceType.FLOAT,
    str: ResourceType.STRING,
    bytes: ResourceType.OPAQUE,
    ObjectLink: ResourceType.OBJLNK,
}

# Python reads more than the standard writes: `1_000`, ` 1 `, `nan`, other scripts' digits.
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _read_integer(text: str) -> Value:
    return int(_matching(_INTEGER, text))


def _read_float(text: str) -> Value:
    number = float(_matching(_DECIMAL, text))
    if math.isinf(number):  # more than 64 bits of IEEE 754 can tell
        raise ValueError(text)
    return number


def _read_boolean(text: str) -> Value:
    return {"0": False, "1": True}[text]


def _read_opaque(text: str) -> Value:
    return base64.b64decode(text, validate=True)


_TEXT_READERS: Final[Mapping[ResourceType, Callable[[str], Value]]] = {
    ResourceType.STRING: str,
    ResourceType.INTEGER: _read_integer,
    ResourceType.UNSIGNED_INTEGER: _read_integer,
    ResourceType.FLOAT: _read_float,
    ResourceType.BOOLEAN: _read_boolean,
    ResourceType.OPAQUE: _read_opaque,
    ResourceType.TIME: _read_integer,
    ResourceType.OBJLNK: ObjectLink.parse,
    ResourceType.CORELNK: str,
}
