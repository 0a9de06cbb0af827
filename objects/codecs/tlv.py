"""OMA TLV (OMA LwM2M Core 1.1 §7.4): records within records, values as bytes.

`parse` and `write` are the framing, which knows nothing of types; `decode` and
`encode` are the second step, which asks a registry for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ..errors import CodecError, InvalidValue
from ..path import LARGEST_ID, Path
from ..registry import Registry
from ..tree import Node, Object, ObjectInstance, Resource, ResourceInstance
from ..value import Value
from . import tlv_value

# One record is two bytes at least, so a payload could ask for a thousand times
# its size in objects; no instance of any registered object comes near this.
LARGEST_COUNT: Final = 65_536


class Kind(IntEnum):
    """What a record holds: bits 7 and 6 of its type byte."""

    OBJECT_INSTANCE = 0
    RESOURCE_INSTANCE = 1
    MULTIPLE_RESOURCE = 2
    RESOURCE = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `content` is its records where the kind has such, else its value."""

    kind: Kind
    id: int
    content: "bytes | tuple[Record, ...]"


_RESOURCES: Final = frozenset({Kind.RESOURCE, Kind.MULTIPLE_RESOURCE})

# What may stand in what; a kind without a row holds a value. No cycle, so no depth to bound.
_WITHIN: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.OBJECT_INSTANCE: _RESOURCES,
    Kind.MULTIPLE_RESOURCE: frozenset({Kind.RESOURCE_INSTANCE}),
}


def parse(data: bytes) -> tuple[Record, ...]:
    """Read the records of a payload. Raises `CodecError` with the offset of the fault."""
    return _Reader(data).records(0, len(data), frozenset(Kind))


def write(records: Sequence[Record]) -> bytes:
    """Write records, each with the shortest header that tells it."""
    return b"".join(_written(record) for record in records)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = 0

    def records(self, start: int, end: int, allowed: frozenset[Kind]) -> tuple[Record, ...]:
        found = dict[tuple[bool, int], Record]()
        position = start
        while position < end:
            record, after = self._record(position, end, allowed)
            # A resource cannot be there as single and as multiple; instances are another space.
            key = (record.kind in _RESOURCES, record.id)
            if key in found:
                raise CodecError(f"TLV identifier {record.id} is there twice", position)
            found[key] = record
            position = after
        return tuple(found.values())

    def _record(self, start: int, end: int, allowed: frozenset[Kind]) -> tuple[Record, int]:
        self._count += 1
        if self._count > LARGEST_COUNT:
            raise CodecError(f"TLV has more than {LARGEST_COUNT} records", start)
        head = self._data[start]
        kind = Kind(head >> 6)
        if kind not in allowed:
            raise CodecError(f"TLV {kind.name} may not stand here", start)
        # Bit 5: width of the identifier. Bits 4 and 3: width of the length, or 0
        # for a length in bits 2 to 0, which are of no meaning otherwise.
        identifier, position = self._number(start + 1, 2 if head & 0x20 else 1, end)
        length, position = self._number(position, head >> 3 & 3, end)
        if not head & 0x18:
            length = head & 7
        if identifier > LARGEST_ID:
            raise CodecError(f"TLV identifier {identifier} is reserved", start)
        if position + length > end:
            missing = position + length - end
            raise CodecError(f"TLV {kind.name} {identifier} is cut short by {missing} bytes", start)
        after = position + length
        within = _WITHIN.get(kind)
        if within is None:
            return Record(kind, identifier, self._data[position:after]), after
        return Record(kind, identifier, self.records(position, after, within)), after

    def _number(self, start: int, width: int, end: int) -> tuple[int, int]:
        if start + width > end:
            raise CodecError("TLV header is cut short", start)
        return int.from_bytes(self._data[start : start + width], "big"), start + width


def _written(record: Record) -> bytes:
    content = record.content if isinstance(record.content, bytes) else write(record.content)
    if len(content) > 0xFF_FF_FF:
        raise InvalidValue(f"{len(content)} bytes are more than TLV can tell (24 bits of length)")
    head = record.kind << 6
    identifier = record.id.to_bytes(1 if record.id < 256 else 2, "big")
    head |= 0x20 if len(identifier) == 2 else 0
    if len(content) < 8:
        return bytes([head | len(content)]) + identifier + content
    width = (len(content).bit_length() + 7) // 8
    return bytes([head | width << 3]) + identifier + len(content).to_bytes(width, "big") + content


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the node at `base`; see `codecs.decode`."""
    return _Typed(registry).node(parse(data), base)


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the node at `base`; see `codecs.encode`."""
    return write(tuple(_Framed(registry).records(base, node)))


@dataclass(frozen=True, slots=True)
class _Typed:
    """Records to nodes."""

    registry: Registry

    def node(self, records: Sequence[Record], base: Path) -> Node:
        identifier = base.parts[-1]
        match len(base.parts):
            case 1:
                return self._object(records, base)
            case 2:
                # Some clients wrap the one instance that was asked for in its own record.
                if [record.kind for record in records] == [Kind.OBJECT_INSTANCE]:
                    records = _inner(_only(records, identifier))
                return self._object_instance(records, base)
            case 3:
                return self._resource(_only(records, identifier), base)
            case _:
                return self._resource_instance(records, base)

    def _object(self, records: Sequence[Record], base: Path) -> Object:
        kinds = {record.kind for record in records}
        if kinds and kinds <= _RESOURCES:
            # §7.4: of a single-instance object the instance record may be left out.
            definition = self.registry.find_object(base.parts[0])
            if definition is None or definition.multiple:
                raise CodecError(f"TLV of {base} has resources without their object instance")
            return Object(base.parts[0], (self._object_instance(records, base.child(0)),))
        _expect(records, {Kind.OBJECT_INSTANCE}, base)
        instances = (
            self._object_instance(_inner(record), base.child(record.id)) for record in records
        )
        return Object(base.parts[0], tuple(sorted(instances, key=lambda one: one.id)))

    def _object_instance(self, records: Sequence[Record], base: Path) -> ObjectInstance:
        _expect(records, _RESOURCES, base)
        resources = (self._resource(record, base.child(record.id)) for record in records)
        return ObjectInstance.of(base.parts[-1], resources)

    def _resource(self, record: Record, base: Path) -> Resource:
        _expect((record,), _RESOURCES, base)
        if isinstance(record.content, bytes):
            return Resource(record.id, self._value(record.content, base))
        values = {one.id: self._value(_bytes(one), base) for one in record.content}
        return Resource.multiple(record.id, values)

    def _resource_instance(self, records: Sequence[Record], base: Path) -> ResourceInstance:
        if [record.kind for record in records] == [Kind.MULTIPLE_RESOURCE]:
            records = _inner(_only(records, base.parts[-2]))
        record = _only(records, base.parts[-1])
        _expect((record,), {Kind.RESOURCE_INSTANCE}, base)
        return ResourceInstance(record.id, self._value(_bytes(record), base))

    def _value(self, content: bytes, path: Path) -> Value:
        definition = self.registry.find_resource(path)
        if definition is None or definition.type is None:
            return content
        try:
            return tlv_value.decode(definition.type, content)
        except InvalidValue as error:
            raise CodecError(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Framed:
    """Nodes to records."""

    registry: Registry

    def records(self, base: Path, node: Node) -> Iterator[Record]:
        match node:
            case Object(instances=instances):
                for one in instances:
                    within = tuple(self.records(base.child(one.id), one))
                    yield Record(Kind.OBJECT_INSTANCE, one.id, within)
            case ObjectInstance(resources=resources):
                for resource in resources:
                    yield from self.records(base.child(resource.id), resource)
            case Resource(content=content) if isinstance(content, tuple):
                parts = [part for one in content for part in self.records(base.child(one.id), one)]
                yield Record(Kind.MULTIPLE_RESOURCE, node.id, tuple(parts))
            case Resource():
                yield Record(Kind.RESOURCE, node.id, self._content(base, node.value))
            case ResourceInstance():
                yield Record(Kind.RESOURCE_INSTANCE, node.id, self._content(base, node.value))

    def _content(self, path: Path, value: Value) -> bytes:
        try:
            return tlv_value.encode(self.registry.type_of(path, value), value)
        except InvalidValue as error:
            raise InvalidValue(f"{path}: {error}") from None


def _only(records: Sequence[Record], identifier: int) -> Record:
    if len(records) != 1 or records[0].id != identifier:
        found = ", ".join(str(record.id) for record in records[:4]) or "none"
        raise CodecError(f"TLV has to hold identifier {identifier} alone; it holds {found}")
    return records[0]


def _expect(records: Sequence[Record], kinds: AbstractSet[Kind], base: Path) -> None:
    for record in records:
        if record.kind not in kinds:
            raise CodecError(f"TLV of {base} has a {record.kind.name} {record.id}")


def _inner(record: Record) -> tuple[Record, ...]:
    return record.content if isinstance(record.content, tuple) else ()


def _bytes(record: Record) -> bytes:
    return record.content if isinstance(record.content, bytes) else b""
