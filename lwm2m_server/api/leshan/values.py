"""A resource's value in the JSON of Leshan's demo, by its type.

Integers go out as text, since JavaScript rounds those beyond 2**53, and come in as either; opaque
is hexadecimal, a Time milliseconds since the epoch, an Objlnk an object of its two identifiers.
A Float goes out as a number, which suits both who compares it and who converts it from text.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from objects.definition import ResourceDefinition
from objects.errors import InvalidValue, shown
from objects.value import (
    ObjectLink,
    ResourceType,
    Value,
    checked,
    from_text,
    natural_type,
    to_text,
)

_NAMES: Final[Mapping[ResourceType, str]] = {
    **{kind: kind.name for kind in ResourceType},
    ResourceType.CORELNK: "CORELINK",
}
_KINDS: Final[Mapping[str, ResourceType]] = {name: kind for kind, name in _NAMES.items()}
_NOTHING: Final = ObjectLink(65535, 65535)


def name_of(kind: ResourceType) -> str:
    """Return the type in capitals, as it goes out."""
    return _NAMES[kind]


def kind_of(value: Value, definition: ResourceDefinition | None) -> ResourceType:
    """Return the type by which a value is shown: its definition's, else the one it has itself."""
    natural = natural_type(value)
    if definition is None or definition.type is None:
        return natural
    try:
        checked(definition.type, value)
    except InvalidValue:  # an endpoint that does not keep to its definition
        return natural
    return definition.type


def to_json(kind: ResourceType, value: Value) -> Any:
    """Return a value that `kind_of` has given this type."""
    write = _WRITERS.get(kind)
    return value if write is None else write(value)


def as_text(value: Value) -> str:
    """Return a value of any type as one of a String."""
    return value.hex() if isinstance(value, bytes) else str(value)


def from_json(name: Any, given: Any, definition: ResourceDefinition | None) -> Value:
    """Return what `given` says as the resource's own type.

    `name` is the type that came along, in any case, None where none did. Raises `InvalidValue`.
    """
    wanted = None if definition is None else definition.type
    if definition is not None and wanted is None:
        raise InvalidValue(f"{definition.name} is executed, not written")
    told = _told(name) or wanted or _natural(given)
    try:
        value = checked(told, _READERS[told](given))
        return value if wanted in {None, told} else _converted(told, wanted or told, value)
    except (InvalidValue, ValueError, TypeError, KeyError, OverflowError):
        words = _NAMES[told] if wanted in {None, told} else f"{_NAMES[told]} for a {wanted}"
        raise InvalidValue(f"{shown(given)} is no {words}") from None


def _told(name: Any) -> ResourceType | None:
    if name is None:
        return None
    kind = _KINDS.get(name.upper()) if isinstance(name, str) else None
    if kind is None:
        raise InvalidValue(f"{shown(name)} is no type: {', '.join(_KINDS)} are")
    return kind


def _natural(given: Any) -> ResourceType:
    if isinstance(given, bool | int | float | str):
        return natural_type(given)
    raise InvalidValue(f"{shown(given)} without a type is no value")


def _converted(told: ResourceType, wanted: ResourceType, value: Value) -> Value:
    """Return a value as another type: as that reads its plain text form (§7.4)."""
    if isinstance(value, bytes):
        raise InvalidValue("bytes are nothing else")
    if isinstance(value, str) and wanted is ResourceType.OPAQUE:
        return bytes.fromhex(value)
    if isinstance(value, str) and wanted is ResourceType.BOOLEAN:
        value = {"true": "1", "false": "0"}.get(value.lower(), value)
    if isinstance(value, float) and value.is_integer() and wanted is not ResourceType.STRING:
        return checked(wanted, int(value))
    return from_text(wanted, to_text(told, value))


def _milliseconds(value: Any) -> int:
    return int(value) * 1000


def _written_float(value: Any) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else str(number)  # which JSON has no number for


def _written_link(value: Any) -> dict[str, Any]:
    return {
        "objectId": value.object_id,
        "objectInstanceId": value.instance_id,
        "nullLink": value == _NOTHING,
    }


_WRITERS: Final[Mapping[ResourceType, Callable[[Any], Any]]] = {
    ResourceType.INTEGER: str,
    ResourceType.UNSIGNED_INTEGER: str,
    ResourceType.FLOAT: _written_float,
    ResourceType.OPAQUE: lambda value: value.hex(),
    ResourceType.TIME: _milliseconds,
    ResourceType.OBJLNK: _written_link,
}


def _plain(given: Any) -> Any:
    return given


def _read_number(kind: ResourceType) -> Callable[[Any], Any]:
    return lambda given: from_text(kind, given) if isinstance(given, str) else given


def _read_integer(kind: ResourceType) -> Callable[[Any], Any]:
    text = _read_number(kind)

    def read(given: Any) -> Any:
        # Scripts make 5.0 of 5; what is no whole number is refused by its type.
        whole = isinstance(given, float) and given.is_integer()
        return int(given) if whole else text(given)

    return read


def _read_time(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise InvalidValue("a Time is a number of milliseconds")
    return given // 1000


def _read_link(given: Any) -> ObjectLink:
    if isinstance(given, str):
        return ObjectLink.parse(given)
    target, instance = given["objectId"], given["objectInstanceId"]
    if not all(type(part) is int for part in (target, instance)):
        raise InvalidValue("an Objlnk has two integers")
    return ObjectLink(target, instance)


_READERS: Final[Mapping[ResourceType, Callable[[Any], Any]]] = {
    ResourceType.STRING: _plain,
    ResourceType.BOOLEAN: _plain,
    ResourceType.INTEGER: _read_integer(ResourceType.INTEGER),
    ResourceType.UNSIGNED_INTEGER: _read_integer(ResourceType.UNSIGNED_INTEGER),
    ResourceType.FLOAT: _read_number(ResourceType.FLOAT),
    ResourceType.OPAQUE: bytes.fromhex,
    ResourceType.TIME: _read_time,
    ResourceType.OBJLNK: _read_link,
    ResourceType.CORELNK: _plain,
}
