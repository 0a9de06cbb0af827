"""Frozen dataclasses as JSON documents and back, by their own annotations.

Bytes are hexadecimal text, enumerations their values, tuples and sets lists. A field that
a document lacks takes its default and one that the class lacks is dropped, so
that documents of an earlier version stay readable.
"""

import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import orjson

T = TypeVar("T")


def document(value: Any) -> Any:
    """Return `value` as plain JSON data."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [document(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(document(one) for one in value)
    if is_dataclass(value):
        return {one.name: document(getattr(value, one.name)) for one in fields(value)}
    return value


def restored(kind: type[T], data: Mapping[str, Any]) -> T:
    """Return the value of dataclass `kind` that `document` made `data` of."""
    hints = _hints(typing.cast("Any", kind))
    known = {name: value for name, value in data.items() if name in hints}
    return kind(**{name: _value(hints[name], value) for name, value in known.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(hint: Any, data: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        if data is None:
            return None
        (inner,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
        return _value(inner, data)
    if origin is tuple:
        return tuple(_items(typing.get_args(hint), data))
    if origin is frozenset:
        return frozenset(_items((*typing.get_args(hint), ...), data))
    if isinstance(hint, type):
        return _plain(hint, data)
    return data


def _items(hints: tuple[Any, ...], data: Any) -> Iterator[Any]:
    if hints[-1] is Ellipsis:
        return (_value(hints[0], one) for one in data)
    return (_value(one, part) for one, part in zip(hints, data, strict=True))


def _plain(kind: type, data: Any) -> Any:
    if issubclass(kind, Enum):
        return kind(data)
    if issubclass(kind, bytes):
        return bytes.fromhex(data)
    if is_dataclass(kind):
        return restored(kind, data)
    return data


def json_text(value: Any) -> str:
    """Return plain JSON data as text; raises `TypeError` for what is none."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        # Integers above 64 bits and halves of surrogate pairs, which a device may tell.
        return json.dumps(value)


class SharedJson:
    """The JSON text of values that many documents share, made once for each.

    A value is known by what it is, not by what it equals: that costs nothing to find out.
    """

    def __init__(self, encode: Callable[[Any], str], most: int = 256) -> None:
        self._encode = encode
        self._most = most
        self._parts: dict[int, tuple[Any, orjson.Fragment]] = {}

    def part(self, value: Any) -> orjson.Fragment:
        """Return `value`, which nobody changes, as a part of a document for `json_text`."""
        known = self._parts.get(id(value))
        if known is not None:  # kept alive here, so its id is its own
            return known[1]
        part = orjson.Fragment(self._encode(value))
        if len(self._parts) >= self._most:
            self._parts.clear()
        self._parts[id(value)] = (value, part)
        return part
