"""SenML (RFC 8428, as OMA LwM2M Core 1.2 §7.4.4 and §7.4.5 use it): a flat record for each value.

What the records mean is here, once; how they are written is a `SenML` of its own: SenML CBOR,
SenML JSON, and its forerunner, the JSON of LwM2M 1.0, which says the same in other labels.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, Self

from ..errors import CodecError, InvalidValue, shown
from ..path import Path
from ..registry import Registry
from ..tree import Node, Resource, ResourceInstance, leaves
from ..value import ObjectLink, ResourceType, Value
from .names import named, nowhere
from .record import LARGEST_COUNT, Record, node_of
from .typed import link, told, typed

# `/65534/65534/65534/65534/` has 25 characters, and the rest is for an alternate root.
_LONGEST_NAME: Final = 128

_VERSION: Final = 10  # RFC 8428 §4.4: larger ones are of a format to come

_Label = int | str
_Reader = Callable[[object], object]
Fields = dict[_Label, object]


@dataclass(frozen=True, slots=True)
class Labels:
    """How fields are called (RFC 8428 §4.1 and §4.2); None is one that a syntax has not."""

    base_name: _Label
    base_time: _Label
    name: _Label
    time: _Label
    number: _Label
    string: _Label
    boolean: _Label
    data: _Label
    object_link: _Label
    base_version: _Label | None = None
    base_value: _Label | None = None
    base_sum: _Label | None = None
    sum: _Label | None = None


@dataclass(frozen=True, slots=True)
class SenML:
    """A codec: what records mean, in one of the ways to write them.

    `read` and `write` are records from and to bytes, `read_data` and `write_data` the form of
    bytes within a record. A time of `absolute_from` or later is in seconds since the epoch, an
    earlier one counts from now. `finite` says that there is no form for infinity. `root` is the
    client's alternate path, which all names begin with, and empty without one.
    """

    name: str
    labels: Labels
    read: Callable[[bytes], Sequence[object]]
    write: Callable[[Sequence[Fields]], bytes]
    read_data: Callable[[object], bytes]
    write_data: Callable[[bytes], object]
    absolute_from: float = 2.0**28  # RFC 8428 §4.5.3
    finite: bool = False
    root: str = ""
    _readers: Mapping[_Label, _Reader] = field(init=False, repr=False)
    _types: Mapping[ResourceType, _Label] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        labels = self.labels
        readers: dict[_Label, _Reader] = {
            labels.data: self.read_data,
            labels.number: _number,
            labels.string: _string,  # where data is a string too, it is read as one at first
            labels.boolean: _boolean,
            labels.object_link: _object_link,
        }
        object.__setattr__(self, "_readers", readers)
        types = dict.fromkeys(ResourceType, labels.number) | {
            ResourceType.STRING: labels.string,
            ResourceType.CORELNK: labels.string,
            ResourceType.BOOLEAN: labels.boolean,
            ResourceType.OPAQUE: labels.data,
            ResourceType.OBJLNK: labels.object_link,
        }
        object.__setattr__(self, "_types", types)

    def below(self, root: str) -> Self:
        """Return the codec for a client with the alternate path `root`."""
        return replace(self, root=root.rstrip("/"))

    def decode(self, data: bytes, base: Path, registry: Registry) -> Node:
        """Read the node at `base`; see `codecs.decode`."""
        return node_of(base, self._records(data, base, registry, 0.0, required=True))

    def encode(self, base: Path, node: Node, registry: Registry) -> bytes:
        """Write the node at `base`; see `codecs.encode`."""
        # The base name is what all names begin with, so that each record tells the rest only.
        single = isinstance(node, ResourceInstance) or (
            isinstance(node, Resource) and not node.is_multiple
        )
        base_name = str(base) if single else f"{base}/"
        records = (Record(path, value) for path, value in leaves(base, node))
        return self.write(self._pack(base_name, records, registry))

    def decode_records(self, data: bytes, registry: Registry, now: float) -> tuple[Record, ...]:
        """Read values of any paths; see `codecs.decode_records`."""
        return tuple(self._records(data, Path(), registry, now, required=False))

    def encode_records(self, records: Iterable[Record], registry: Registry) -> bytes:
        """Write values of any paths; see `codecs.encode_records`."""
        # An instance as base name: some Zephyr has buffers for names that hold no whole path.
        pack = list[Fields]()
        for instance, group in groupby(records, key=lambda record: record.path.parts[:2]):
            pack += self._pack(f"{Path(*instance)}/", group, registry)
        return self.write(pack)

    def decode_paths(self, data: bytes) -> tuple[Path, ...]:
        """Read paths without values; see `codecs.decode_paths`."""
        return tuple(path for path, _, _ in self._resolved(data, Path(), least=0, now=0.0))

    def encode_paths(self, paths: Sequence[Path]) -> bytes:
        """Write paths without values; see `codecs.encode_paths`."""
        return self.write([{self.labels.name: f"{self.root}{path}"} for path in paths])

    def _pack(
        self, base_name: str, records: Iterable[Record], registry: Registry
    ) -> Sequence[Fields]:
        labels, pack = self.labels, list[Fields]()
        for record in records:
            fields: Fields = {} if pack else {labels.base_name: f"{self.root}{base_name}"}
            if name := str(record.path).removeprefix(base_name):
                fields[labels.name] = name
            if record.time is not None:
                fields[labels.time] = record.time
            if record.value is not None:
                fields.update([self._content(record.path, record.value, registry)])
            pack.append(fields)
        return pack

    def _content(self, path: Path, value: Value, registry: Registry) -> tuple[_Label, object]:
        resource_type, value = told(path, value, registry)
        label = self._types[resource_type]
        match value:
            case float() if self.finite and not math.isfinite(value):
                raise InvalidValue(f"{path}: {value} has no form in {self.name}")
            case bytes():
                return label, self.write_data(value)
            case ObjectLink():
                return label, str(value)
        return label, value

    def _records(
        self, data: bytes, base: Path, registry: Registry, now: float, *, required: bool
    ) -> Iterator[Record]:
        readers = self._readers
        for path, fields, time in self._resolved(data, base, least=3, now=now):
            given = [label for label in readers if label in fields]
            if len(given) > 1 or (required and not given):
                raise CodecError(f"{self.name} record of {path} has {len(given)} values, not one")
            value = self._value(path, given[0], fields[given[0]], registry) if given else None
            yield Record(path, value, time)

    def _value(self, path: Path, label: _Label, content: object, registry: Registry) -> Value:
        try:
            shows = self._readers[label](content)
            if isinstance(shows, str) and _holds_bytes(path, registry):
                shows = self.read_data(shows)
        except InvalidValue as error:
            raise CodecError(f"{path}: {error}") from None
        return typed(path, shows, registry)

    def _resolved(
        self, data: bytes, base: Path, *, least: int, now: float
    ) -> Iterator[tuple[Path, Mapping[object, object], float | None]]:
        labels = self.labels
        base_name, base_time = "", None
        for number, fields in enumerate(self.read(data)):
            where = f"{self.name} record {number}"
            if not isinstance(fields, dict):
                raise CodecError(f"{where} is {type(fields).__name__}, not a map")
            if number >= LARGEST_COUNT:
                raise CodecError(f"{self.name} has more than {LARGEST_COUNT} records")
            self._check(fields, where)
            base_name = _name(fields, labels.base_name, base_name, where)
            base_time = _seconds(fields, labels.base_time, base_time, where)
            name = _name(fields, labels.name, "", where)
            time = _seconds(fields, labels.time, None, where)
            if base_time is not None or time is not None:
                time = (base_time or 0.0) + (time or 0.0)
                time = time if time >= self.absolute_from else now + time
            path = named(base_name, name, self.root, base, least)
            if path is None:
                raise nowhere(base_name + name, base, where)
            yield path, fields, time

    def _check(self, fields: Mapping[object, object], where: str) -> None:
        labels = self.labels
        for label in fields:
            # RFC 8428 §4.4: what one has to understand ends in "_"; the rest may be read over.
            if isinstance(label, str) and label.endswith("_"):
                raise CodecError(f"{where} needs {shown(label)}, which is unknown")
        # They would change what a value means, and LwM2M has no use for them.
        for refused in (labels.base_value, labels.base_sum, labels.sum):
            if refused in fields:
                raise CodecError(f"{where} has {refused!r}, a base value or a sum: LwM2M has none")
        version = fields.get(labels.base_version, _VERSION)
        if not isinstance(version, int) or version > _VERSION:
            raise CodecError(f"{where}: version {shown(version)} is newer than {_VERSION}")


def _holds_bytes(path: Path, registry: Registry) -> bool:
    # The JSON of LwM2M 1.0 has bytes as strings: their definition tells one from the other.
    definition = registry.find_resource(path)
    return definition is not None and definition.type is ResourceType.OPAQUE


def _name(fields: Mapping[object, object], label: _Label, otherwise: str, where: str) -> str:
    name = fields.get(label, otherwise)
    if not isinstance(name, str):
        raise CodecError(f"{where} has a name that is no text: {shown(name)}")
    if len(name) > _LONGEST_NAME:
        raise CodecError(f"{where} has a name of {len(name)} characters: {shown(name)}")
    return name


def _seconds(
    fields: Mapping[object, object], label: _Label, otherwise: float | None, where: str
) -> float | None:
    if label not in fields:
        return otherwise
    try:
        seconds = float(_number(fields[label]))
    except (InvalidValue, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise CodecError(f"{where} has a time that is no number: {shown(fields[label])}")
    return seconds


def _number(content: object) -> int | float:
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise InvalidValue(f"{shown(content)} is no number")
    return content


def _string(content: object) -> str:
    if not isinstance(content, str):
        raise InvalidValue(f"{shown(content)} is no string")
    return content


def _boolean(content: object) -> bool:
    if not isinstance(content, bool):
        raise InvalidValue(f"{shown(content)} is no boolean")
    return content


def _object_link(content: object) -> ObjectLink:
    if not isinstance(content, str):
        raise InvalidValue(f"{shown(content)} is no object link")
    return link(content)
