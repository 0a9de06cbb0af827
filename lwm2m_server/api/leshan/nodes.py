"""Nodes in the JSON of Leshan's demo, both ways.

A node is told apart by its `kind` (`obj`, `instance`, `singleResource`, `multiResource`,
`resourceInstance`) or, where that is missing, by what it holds.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from objects.codecs import Record
from objects.errors import InvalidValue, ObjectsError, shown
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import (
    Node,
    Object,
    ObjectInstance,
    Resource,
    ResourceInstance,
    from_leaves,
)
from objects.value import ResourceType, Value

from ...service.errors import InvalidInput
from .values import as_text, from_json, kind_of, name_of, to_json

Json = dict[str, Any]

_ROOT: Final = Path()


def to_node(base: Path, node: Node, definitions: Definitions) -> Json:
    """Return the node at `base` as it goes out."""
    match node:
        case Object():
            instances = [to_node(base.child(one.id), one, definitions) for one in node.instances]
            return {"kind": "obj", "id": node.id, "instances": instances}
        case ObjectInstance():
            resources = [to_node(base.child(one.id), one, definitions) for one in node.resources]
            return {"kind": "instance", "id": node.id, "resources": resources}
        case Resource(content=tuple(parts)):
            return _multiple(base, node.id, parts, definitions)
        case _:
            one = isinstance(node, ResourceInstance)
            kind = kind_of(node.value, definitions.find_resource(base))
            return {
                "kind": "resourceInstance" if one else "singleResource",
                "id": node.id,
                "type": name_of(kind),
                "value": to_json(kind, node.value),
            }


def _multiple(
    base: Path, identifier: int, parts: tuple[ResourceInstance, ...], definitions: Definitions
) -> Json:
    definition = definitions.find_resource(base)
    told = (definition and definition.type) or ResourceType.STRING
    kinds = {kind_of(part.value, definition) for part in parts} or {told}
    if len(kinds) == 1:
        (kind,) = kinds
        values = {str(part.id): to_json(kind, part.value) for part in parts}
    else:  # all have one type there: what an endpoint mixes is shown as text
        kind = ResourceType.STRING
        values = {str(part.id): as_text(part.value) for part in parts}
    return {"kind": "multiResource", "id": identifier, "type": name_of(kind), "values": values}


def to_nodes(
    paths: Iterable[Path], records: Iterable[Record], definitions: Definitions
) -> dict[str, Json]:
    """Return what records say at each of `paths`; paths with nothing are left out.

    Of several values of one time series the latest counts. Raises `InvalidValue` for records
    that are no tree.
    """
    latest = _latest(records)
    found = dict[str, Json]()
    for path in paths:
        values = [(at, value) for at, value in latest.items() if path.contains(at)]
        if not values:
            continue
        if path == _ROOT:
            objects = sorted({at.parts[0] for at, _ in values})
            below = to_nodes(map(Path, objects), records_of(values), definitions)
            found["/"] = {"kind": "root", "objects": list(below.values())}
        else:
            found[str(path)] = to_node(path, from_leaves(path, values), definitions)
    return found


def records_of(values: Iterable[tuple[Path, Value]]) -> tuple[Record, ...]:
    """Return values without a time of their own as records."""
    return tuple(Record(path, value) for path, value in values)


def _latest(records: Iterable[Record]) -> dict[Path, Value]:
    # Without a time a value is of now, which is later than any time that is told.
    newest = dict[Path, Record]()
    for one in records:
        before = newest.get(one.path)
        if one.value is not None and (before is None or _at(one) >= _at(before)):
            newest[one.path] = one
    return {path: one.value for path, one in newest.items() if one.value is not None}


def _at(record: Record) -> float:
    return float("inf") if record.time is None else record.time


def from_node(path: Path, data: Any, definitions: Definitions) -> Node:
    """Return what a Write carries to `path`; raises `InvalidInput` with the place at fault."""
    try:
        depth = len(path.parts)
        if depth not in _READERS:
            raise InvalidValue("nothing is written to the root")
        return _READERS[depth](path, _object(data), definitions)
    except InvalidInput:
        raise
    except ObjectsError as fault:
        raise InvalidInput(f"{path}: {fault}") from fault


def from_instance(
    path: Path, data: Any, definitions: Definitions
) -> tuple[int | None, tuple[Resource, ...]]:
    """Return what a Create carries to the object at `path`: an identifier, where one is asked for.

    Raises `InvalidInput`.
    """
    if len(path.parts) not in {1, 2}:
        raise InvalidInput(f"{path}: instances are created of an object, as /16")
    given = data.get("id") if isinstance(data, Mapping) else None
    instance = path.parts[1] if len(path.parts) == 2 else None
    try:
        if given is not None and instance is None:
            instance = _identifier(given)
        place = Path(path.parts[0], 0 if instance is None else instance)
        node = from_node(place, _told(data, place), definitions)
    except ObjectsError as fault:
        raise InvalidInput(f"{path}: {fault}") from fault
    assert isinstance(node, ObjectInstance)  # noqa: S101 - what a path of two parts gives
    return instance, node.resources


def _told(data: Any, place: Path) -> Any:
    """Return an instance with its identifier, which a Create may leave out."""
    if not isinstance(data, Mapping) or "id" in data:
        return data
    return {**data, "id": place.parts[1]}


def from_text(path: Path, text: str, definitions: Definitions) -> Node:
    """Return a resource whose value came as plain text; raises `InvalidInput`."""
    kind = "resourceInstance" if len(path.parts) == 4 else "singleResource"
    data = {"kind": kind, "id": path.parts[-1], "type": "string", "value": text}
    return from_node(path, data, definitions)


def _object_of(path: Path, data: Json, definitions: Definitions) -> Node:
    _check(path, data, "obj", "instances")
    parts = [_child(path, one, definitions) for one in _list(data["instances"], "instances")]
    instances = [part for part in parts if isinstance(part, ObjectInstance)]
    return Object(path.parts[-1], tuple(sorted(instances, key=lambda one: one.id)))


def _instance_of(path: Path, data: Json, definitions: Definitions) -> Node:
    _check(path, data, "instance", "resources")
    parts = [_child(path, one, definitions) for one in _list(data["resources"], "resources")]
    return ObjectInstance.of(path.parts[-1], [one for one in parts if isinstance(one, Resource)])


def _resource_of(path: Path, data: Json, definitions: Definitions) -> Node:
    multiple = "values" in data if data.get("kind") is None else data["kind"] == "multiResource"
    definition, identifier = definitions.find_resource(path), path.parts[-1]
    if not multiple:
        _check(path, data, "singleResource", "value")
        return Resource(identifier, from_json(data.get("type"), data["value"], definition))
    _check(path, data, "multiResource", "values")
    values = dict[int, Value]()
    for number, given in _object(data["values"]).items():
        values[_identifier(number)] = from_json(data.get("type"), given, definition)
    return Resource.multiple(identifier, values)


def _resource_instance_of(path: Path, data: Json, definitions: Definitions) -> Node:
    # Scripts also write an instance as they write a resource.
    kind = "singleResource" if data.get("kind") == "singleResource" else "resourceInstance"
    _check(path, data, kind, "value")
    value = from_json(data.get("type"), data["value"], definitions.find_resource(path))
    return ResourceInstance(path.parts[-1], value)


_READERS: Final = {1: _object_of, 2: _instance_of, 3: _resource_of, 4: _resource_instance_of}


def _child(base: Path, data: Any, definitions: Definitions) -> Node:
    given = _object(data)
    if "id" not in given:
        raise InvalidInput(f"{base}: a part has no id")
    return from_node(base.child(_identifier(given["id"])), given, definitions)


def _check(path: Path, data: Json, kind: str, content: str) -> None:
    """Refuse a node of another kind or identifier than its place has."""
    if data.get("kind") is not None and data["kind"] != kind:
        raise InvalidValue(f"{shown(data['kind'])} does not fit here: {kind} does")
    if content not in data:
        raise InvalidValue(f"a node of kind {kind} has {content!r}")
    if "id" in data and _identifier(data["id"]) != path.parts[-1]:
        raise InvalidValue(f"the node has id {shown(data['id'])}")


def _identifier(given: Any) -> int:
    text = str(given) if isinstance(given, str) or type(given) is int else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise InvalidValue(f"{shown(given)} is no identifier")
    return int(text)


def _object(data: Any) -> Json:
    if not isinstance(data, dict):
        raise InvalidValue(f"{shown(data)} is no JSON object")
    return data


def _list(data: Any, name: str) -> list[Any]:
    if not isinstance(data, list):
        raise InvalidValue(f"{name!r} is no list")
    return data
