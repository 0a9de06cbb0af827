"""Resource values as JSON shows them, and JSON as resource values."""

import math
from typing import Any

from objects.errors import InvalidValue, UnknownObject
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Node, leaves
from objects.value import ObjectLink, ResourceType, Value, checked

from .errors import InvalidInput
from .views import ValueView


def shown_values(base: Path, node: Node, definitions: Definitions) -> list[ValueView]:
    """Return every value below `base`, named and typed by its definition where there is one."""
    return [_shown(path, value, definitions) for path, value in leaves(base, node)]


def _shown(path: Path, value: Value, definitions: Definitions) -> ValueView:
    definition = definitions.find_resource(path)
    name = definition.name if definition else None
    kind = definition.type.value if definition and definition.type else None
    return ValueView(path, name, kind, json_of(value))


def json_of(value: Value) -> Any:
    """Return a value as JSON can hold it: bytes as hexadecimal text, links as `3:0`."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, ObjectLink):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def value_of(path: Path, given: Any, definitions: Definitions) -> Value:
    """Return JSON data as the value of the resource at `path`; raises `InvalidInput`."""
    try:
        definition = definitions.resource(path)
    except UnknownObject as error:
        raise InvalidInput(f"{path}: {error}") from error
    if definition.type is None:
        raise InvalidInput(f"{path} ({definition.name}) is executed, not written")
    try:
        return checked(definition.type, _typed(definition.type, given))
    except (InvalidValue, ValueError) as error:
        raise InvalidInput(f"{path} ({definition.name}): {error}") from error


def _typed(kind: ResourceType, given: Any) -> Any:
    if isinstance(given, str) and kind is ResourceType.OPAQUE:
        return bytes.fromhex(given)
    if isinstance(given, str) and kind is ResourceType.OBJLNK:
        return ObjectLink.parse(given)
    return given
