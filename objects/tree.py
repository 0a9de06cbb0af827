"""What a Read yields and a Write carries: the data, as opposed to its definition.

A `Node` has the level of the path it was asked for: an `Object` for `/3`, an
`ObjectInstance` for `/3/0`, a `Resource` for `/3/0/9` and a `ResourceInstance`
for `/3/0/6/1`. Nodes know their own identifier only; where they hang is the
base path that goes with them through the codecs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Self, TypeVar

from .errors import InvalidPath, InvalidValue
from .path import Path
from .value import Value

_T = TypeVar("_T", str, int, float, bool, bytes)


@dataclass(frozen=True, slots=True)
class ResourceInstance:
    """One of the values of a multiple resource."""

    id: int
    value: Value


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: its one value, or, of a multiple resource, its instances (be it none).

    `Resource(9, 100)` is single. Instances ascend, each at most once.
    """

    id: int
    content: Value | tuple[ResourceInstance, ...]

    def __post_init__(self) -> None:
        if isinstance(self.content, tuple):
            _in_order(self.content, f"resource {self.id}")

    @classmethod
    def multiple(cls, identifier: int, values: Mapping[int, Value] | Iterable[Value]) -> Self:
        """Return a multiple resource; values without identifiers are numbered from 0."""
        pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
        instances = (ResourceInstance(number, value) for number, value in pairs)
        return cls(identifier, tuple(sorted(instances, key=lambda instance: instance.id)))

    @property
    def is_multiple(self) -> bool:
        """Whether the resource holds instances rather than a value of its own."""
        return isinstance(self.content, tuple)

    @property
    def values(self) -> tuple[Value, ...]:
        """All values: the one of a single resource, those of the instances in order."""
        if isinstance(self.content, tuple):
            return tuple(instance.value for instance in self.content)
        return (self.content,)

    @property
    def value(self) -> Value:
        """The one value there is. Raises `InvalidValue` where there are none or several."""
        values = self.values
        if len(values) != 1:
            raise InvalidValue(f"resource {self.id} has {len(values)} values, not one")
        return values[0]


@dataclass(frozen=True, slots=True)
class ObjectInstance:
    """The resources of one object instance, by ascending identifier, each at most once."""

    id: int
    resources: tuple[Resource, ...] = ()

    def __post_init__(self) -> None:
        _in_order(self.resources, f"object instance {self.id}")

    @classmethod
    def of(cls, identifier: int, resources: Iterable[Resource]) -> Self:
        """Return an instance of `resources` in any order."""
        return cls(identifier, tuple(sorted(resources, key=lambda resource: resource.id)))

    def resource(self, identifier: int) -> Resource | None:
        """Return a resource, None where it is absent."""
        return next((one for one in self.resources if one.id == identifier), None)

    def values(self, identifier: int, kind: type[_T]) -> tuple[_T, ...]:
        """Return the values of a resource that are of `kind`; empty where it is absent."""
        resource = self.resource(identifier)
        values = () if resource is None else resource.values
        return tuple(value for value in values if type(value) is kind)

    def value(self, identifier: int, kind: type[_T]) -> _T | None:
        """Return the first value of `kind`, None where there is none.

        For reading what a stranger reported: a resource of another type than
        expected is as good as absent.
        """
        return next(iter(self.values(identifier, kind)), None)


@dataclass(frozen=True, slots=True)
class Object:
    """The instances of one object, by ascending identifier, each at most once."""

    id: int
    instances: tuple[ObjectInstance, ...] = ()

    def __post_init__(self) -> None:
        _in_order(self.instances, f"object {self.id}")

    def instance(self, identifier: int) -> ObjectInstance | None:
        """Return an instance, None where it is absent."""
        return next((one for one in self.instances if one.id == identifier), None)


Node = Object | ObjectInstance | Resource | ResourceInstance

_LEVELS: Final[tuple[type[Node], ...]] = (Object, ObjectInstance, Resource, ResourceInstance)


def leaves(base: Path, node: Node) -> Iterator[tuple[Path, Value]]:
    """Yield every value below `base` with its full path, in the order of the tree."""
    match node:
        case Object(instances=instances):
            for instance in instances:
                yield from leaves(base.child(instance.id), instance)
        case ObjectInstance(resources=resources):
            for resource in resources:
                yield from leaves(base.child(resource.id), resource)
        case Resource(content=content) if isinstance(content, tuple):
            for part in content:
                yield base.child(part.id), part.value
        case Resource() | ResourceInstance():
            yield base, node.value


def from_leaves(base: Path, values: Iterable[tuple[Path, Value]]) -> Node:
    """Build the node at `base` from full paths, in any order: the inverse of `leaves`.

    Raises `InvalidValue` for a path that is not below `base`, that ends above a
    resource, or that is there twice (as itself or as both single and multiple).
    """
    found = dict[Path, Value]()
    for path, value in values:
        if not base.contains(path) or len(path.parts) < 3:
            raise InvalidValue(f"{path} is no resource of {base}")
        if path in found:
            raise InvalidValue(f"{path} is there twice")
        found[path] = value
    ordered = sorted(found.items(), key=lambda leaf: leaf[0].parts)
    return _BUILDERS[level(base)](base, ordered)


def single_value(node: Node) -> Value:
    """Return the value of a resource that has exactly one. Raises `InvalidValue`."""
    if isinstance(node, Object | ObjectInstance):
        raise InvalidValue(f"{type(node).__name__} {node.id} is no resource")
    return node.value


def level(path: Path) -> type[Node]:
    """Return the kind of node that stands at `path`. Raises `InvalidPath` for the root."""
    depth = len(path.parts)
    if depth == 0:
        raise InvalidPath("the root holds objects, not a value: name an object")
    return _LEVELS[depth - 1]


_Leaves = Sequence[tuple[Path, Value]]


def _children(base: Path, ordered: _Leaves) -> Iterator[tuple[Path, _Leaves]]:
    depth = len(base.parts)
    for identifier, group in groupby(ordered, key=lambda leaf: leaf[0].parts[depth]):
        yield base.child(identifier), list(group)


def _object(base: Path, ordered: _Leaves) -> Object:
    instances = (_object_instance(*child) for child in _children(base, ordered))
    return Object(base.parts[-1], tuple(instances))


def _object_instance(base: Path, ordered: _Leaves) -> ObjectInstance:
    resources = (_resource(*child) for child in _children(base, ordered))
    return ObjectInstance(base.parts[-1], tuple(resources))


def _resource(base: Path, ordered: _Leaves) -> Resource:
    identifier = base.parts[-1]
    direct = [value for path, value in ordered if path == base]
    if not direct:
        return Resource.multiple(identifier, {path.parts[-1]: value for path, value in ordered})
    if len(ordered) > 1:
        raise InvalidValue(f"{base} is both single and multiple")
    return Resource(identifier, direct[0])


def _resource_instance(base: Path, ordered: _Leaves) -> ResourceInstance:
    if not ordered:
        raise InvalidValue(f"{base} has no value")
    return ResourceInstance(base.parts[-1], ordered[0][1])


_BUILDERS: Final[Mapping[type[Node], Callable[[Path, _Leaves], Node]]] = {
    Object: _object,
    ObjectInstance: _object_instance,
    Resource: _resource,
    ResourceInstance: _resource_instance,
}


def _in_order(nodes: tuple[Node, ...], parent: str) -> None:
    identifiers = [node.id for node in nodes]
    if any(a >= b for a, b in pairwise(identifiers)):
        raise InvalidValue(f"the parts of {parent} are not in ascending order: {identifiers}")
