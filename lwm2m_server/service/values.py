"""Resource values as JSON shows them, and JSON as resource values."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from objects.codecs import Record
from objects.errors import InvalidValue, UnknownObject, shown
from objects.path import LARGEST_ID, Path
from objects.registry import Registry as Definitions
from objects.registry import slug
from objects.tree import Node, ObjectInstance, Resource, ResourceInstance, leaves
from objects.value import ObjectLink, ResourceType, Value, checked, from_text

from .errors import InvalidInput
from .views import ValueView


def shown_values(base: Path, node: Node, definitions: Definitions) -> list[ValueView]:
    """Return every value below `base`, named and typed by its definition where there is one."""
    return [_shown(path, value, definitions) for path, value in leaves(base, node)]


def shown_records(records: Iterable[Record], definitions: Definitions) -> list[ValueView]:
    """Return records with their times, named and typed likewise."""
    return [_shown(one.path, one.value, definitions, one.time) for one in records]


def _shown(
    path: Path, value: Value | None, definitions: Definitions, time: float | None = None
) -> ValueView:
    definition = definitions.find_resource(path)
    name = definition.name if definition else None
    kind = definition.type.value if definition and definition.type else None
    return ValueView(path, name, kind, None if value is None else json_of(value), time)


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
    """Return JSON data as the value of the resource at `path`; raises `InvalidInput`.

    Text is taken for every type, as §7.4 writes it, but for bytes, which are hexadecimal.
    """
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


def node_of(path: Path, given: Any, definitions: Definitions) -> Node:
    """Return JSON data as the node at `path`; raises `InvalidInput`.

    One value is given as such, a multiple resource as `{"0": value}`, an instance as
    `{"resource id": value}`, where a name may stand for the id.
    """
    if path.resource_instance_id is not None:
        return ResourceInstance(path.resource_instance_id, value_of(path, given, definitions))
    if path.resource_id is not None:
        return _resource(path, given, definitions)
    if path.instance_id is None:
        raise InvalidInput(f"{path} is too short for this operation")
    return ObjectInstance.of(path.instance_id, resources_of(path, given, definitions))


def resources_of(instance: Path, given: Any, definitions: Definitions) -> list[Resource]:
    """Return `{"resource id": value}` as resources of an instance; raises `InvalidInput`."""
    if not isinstance(given, Mapping):
        raise InvalidInput(f'{instance}: an instance is written as {{"resource id": value}}')
    return [
        _resource(instance.child(_resource_id(instance, name, definitions)), value, definitions)
        for name, value in given.items()
    ]


def _resource(path: Path, given: Any, definitions: Definitions) -> Resource:
    if not isinstance(given, Mapping):
        return Resource(path.parts[2], value_of(path, given, definitions))
    values = {}
    for name, value in given.items():
        one = path.child(_identifier(path, name))
        values[one.parts[3]] = value_of(one, value, definitions)
    return Resource.multiple(path.parts[2], values)


def _resource_id(instance: Path, name: object, definitions: Definitions) -> int:
    """Return the resource of an instance that is meant, by number or by name."""
    definition = definitions.find_object(instance.parts[0])
    if isinstance(name, str) and not name[:1].isdigit() and definition is not None:
        for number, resource in definition.resources.items():
            if slug(resource.name) == name.lower():
                return number
        raise InvalidInput(f"{slug(definition.name)} has no resource named {shown(name)}")
    return _identifier(instance, name)


def _identifier(path: Path, name: object) -> int:
    if not (isinstance(name, str) and name.isascii() and name.isdigit() and len(name) <= 5):
        raise InvalidInput(f"{path}: {name!r} is no identifier")
    if int(name) > LARGEST_ID:
        raise InvalidInput(f"{path}: identifier {name} is outside 0..{LARGEST_ID}")
    return int(name)


def _typed(kind: ResourceType, given: Any) -> Any:
    read = _READERS.get(kind)
    return given if read is None or not isinstance(given, str) else read(given)


def _boolean(text: str) -> Value:
    return from_text(ResourceType.BOOLEAN, _FLAGS.get(text.lower(), text))


_FLAGS: Final[Mapping[str, str]] = {"true": "1", "false": "0"}
_NUMBERS: Final = (
    ResourceType.INTEGER,
    ResourceType.UNSIGNED_INTEGER,
    ResourceType.FLOAT,
    ResourceType.TIME,
)
_READERS: Final[Mapping[ResourceType, Callable[[str], Value]]] = {
    **{kind: partial(from_text, kind) for kind in _NUMBERS},
    ResourceType.BOOLEAN: _boolean,
    ResourceType.OPAQUE: bytes.fromhex,
    ResourceType.OBJLNK: ObjectLink.parse,
}
