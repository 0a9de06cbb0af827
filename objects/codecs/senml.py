"""SenML (RFC 8428, as OMA LwM2M Core 1.2 §7.4.4 and §7.4.5 use it): a flat record for each value.

What the records mean is here, once; how they are written is a `Syntax`: SenML CBOR, SenML JSON
and its forerunner, the JSON of LwM2M 1.0, which says the same in other labels.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import groupby
from typing import Final

from ..errors import CodecError, InvalidPath, InvalidValue, shown
from ..path import Path
from ..registry import Registry
from ..tree import Node, Resource, ResourceInstance, leaves
from ..value import ObjectLink, ResourceType, Value
from .record import Record, node_of
from .typed import link, told, typed

# `/65534/65534/65534/65534/` has 25 characters.
_LONGEST_NAME: Final = 64

_VERSION: Final = 10  # RFC 8428 §4.4: larger ones are of a format to come

_Name = int | str
Fields = dict[_Name, object]


class Field(Enum):
    """What a label means (RFC 8428 §4.1 and §4.2); the value is how messages call it."""

    BASE_NAME = "base name"
    BASE_TIME = "base time"
    BASE_VERSION = "base version"
    BASE_VALUE = "base value"
    BASE_SUM = "base sum"
    NAME = "name"
    TIME = "time"
    SUM = "sum"
    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATA = "data"
    OBJECT_LINK = "object link"


# They would change what a value means, and LwM2M has no use for them.
_REFUSED: Final = (Field.BASE_VALUE, Field.BASE_SUM, Field.SUM)

_FIELDS: Final[Mapping[ResourceType, Field]] = {
    ResourceType.STRING: Field.STRING,
    ResourceType.INTEGER: Field.NUMBER,
    ResourceType.UNSIGNED_INTEGER: Field.NUMBER,
    ResourceType.FLOAT: Field.NUMBER,
    ResourceType.BOOLEAN: Field.BOOLEAN,
    ResourceType.OPAQUE: Field.DATA,
    ResourceType.TIME: Field.NUMBER,
    ResourceType.OBJLNK: Field.OBJECT_LINK,
    ResourceType.CORELNK: Field.STRING,
}


@dataclass(frozen=True, slots=True)
class SenML:
    """A codec: what records mean, in one of the ways to write them.

    `labels` name the fields; of two fields with one label the later is what it means when read.
    `read` and `write` are records from and to bytes, `read_data` and `write_data` the form of
    bytes within a record. A time of `absolute_from` or later is in seconds since the epoch, an
    earlier one counts from now. `finite` says that there is no form for infinity.
    """

    name: str
    labels: Mapping[Field, _Name]
    read: Callable[[bytes], Sequence[object]]
    write: Callable[[Sequence[Fields]], bytes]
    read_data: Callable[[object], bytes]
    write_data: Callable[[bytes], object]
    absolute_from: float = 2.0**28  # RFC 8428 §4.5.3
    finite: bool = False

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
        # Zephyr keeps names in buffers that end with the longest of a resource below its instance.
        pack = list[Fields]()
        for instance, group in groupby(records, key=lambda record: record.path.parts[:2]):
            pack += self._pack(f"{Path(*instance)}/", group, registry)
        return self.write(pack)

    def decode_paths(self, data: bytes) -> tuple[Path, ...]:
        """Read paths without values; see `codecs.decode_paths`."""
        resolved = self._resolved(data, Path(), least=0, now=0.0)
        return tuple(path for path, _, _ in resolved)

    def encode_paths(self, paths: Sequence[Path]) -> bytes:
        """Write paths without values; see `codecs.encode_paths`."""
        return self.write([{self.labels[Field.NAME]: str(path)} for path in paths])

    def _pack(
        self, base_name: str, records: Iterable[Record], registry: Registry
    ) -> Sequence[Fields]:
        pack = list[Fields]()
        for record in records:
            fields: Fields = {} if pack else {self.labels[Field.BASE_NAME]: base_name}
            if name := str(record.path).removeprefix(base_name):
                fields[self.labels[Field.NAME]] = name
            if record.time is not None:
                fields[self.labels[Field.TIME]] = record.time
            if record.value is not None:
                label, content = self._field(record.path, record.value, registry)
                fields[label] = content
            pack.append(fields)
        return pack

    def _field(self, path: Path, value: Value, registry: Registry) -> tuple[_Name, object]:
        resource_type, value = told(path, value, registry)
        label = self.labels[_FIELDS[resource_type]]
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
        for path, fields, time in self._resolved(data, base, least=3, now=now):
            given = [field for field in _READERS if field in fields]
            if len(given) > 1 or (required and not given):
                raise CodecError(f"{self.name} record of {path} has {len(given)} values, not one")
            value = self._value(path, given[0], fields[given[0]], registry) if given else None
            yield Record(path, value, time)

    def _value(self, path: Path, field: Field, content: object, registry: Registry) -> Value:
        try:
            shows = self.read_data(content) if field is Field.DATA else _READERS[field](content)
        except InvalidValue as error:
            raise CodecError(f"{path}: {error}") from None
        definition = registry.find_resource(path)
        if definition is not None and definition.type is ResourceType.OPAQUE:
            # The JSON of LwM2M 1.0 has bytes as strings: its definition tells one from the other.
            shows = self.read_data(shows) if isinstance(shows, str) else shows
        return typed(path, shows, registry)

    def _resolved(
        self, data: bytes, base: Path, *, least: int, now: float
    ) -> Iterator[tuple[Path, dict[Field, object], float | None]]:
        meanings: Mapping[object, Field] = {label: field for field, label in self.labels.items()}
        base_name, base_time = "", None
        for number, record in enumerate(self.read(data)):
            where = f"{self.name} record {number}"
            fields = _fields(record, meanings, where)
            base_name = _name(fields, Field.BASE_NAME, base_name, where)
            base_time = _seconds(fields, Field.BASE_TIME, base_time, where)
            name = _name(fields, Field.NAME, "", where)
            time = _seconds(fields, Field.TIME, None, where)
            if base_time is not None or time is not None:
                time = (base_time or 0.0) + (time or 0.0)
                time = time if time >= self.absolute_from else now + time
            yield _path(base_name, name, base, least, where), fields, time


def _fields(record: object, meanings: Mapping[object, Field], where: str) -> dict[Field, object]:
    if not isinstance(record, dict):
        raise CodecError(f"{where} is {type(record).__name__}, not a map")
    fields = dict[Field, object]()
    for label, content in record.items():
        field = meanings.get(label)
        if field is not None:
            fields[field] = content
        # RFC 8428 §4.4: what one has to understand ends in "_"; the rest may be read over.
        elif isinstance(label, str) and label.endswith("_"):
            raise CodecError(f"{where} needs {shown(label)}, which is unknown")
    for field in _REFUSED:
        if field in fields:
            raise CodecError(f"{where} has a {field.value}, which LwM2M has not")
    version = fields.get(Field.BASE_VERSION, _VERSION)
    if not isinstance(version, int) or version > _VERSION:
        raise CodecError(f"{where}: version {shown(version)} is newer than {_VERSION}")
    return fields


def _name(fields: Mapping[Field, object], field: Field, otherwise: str, where: str) -> str:
    name = fields.get(field, otherwise)
    if not isinstance(name, str):
        raise CodecError(f"{where} has a {field.value} that is no text")
    if len(name) > _LONGEST_NAME:
        raise CodecError(f"{where} has a {field.value} of {len(name)} characters: {shown(name)}")
    return name


def _seconds(
    fields: Mapping[Field, object], field: Field, otherwise: float | None, where: str
) -> float | None:
    if field not in fields:
        return otherwise
    try:
        seconds = float(_number(fields[field]))
    except (InvalidValue, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise CodecError(f"{where} has a {field.value} that is no number: {shown(fields[field])}")
    return seconds


_SLASHES: Final = re.compile("/{2,}")


def _path(base_name: str, name: str, base: Path, least: int, where: str) -> Path:
    """Return what a record is named by: names are joined, and that is a path (RFC 8428 §4.5.1).

    Where that makes no sense, the spellings of some clients do: base names without their last
    slash, and names that begin at the path that was asked for (OMA LwM2M 1.0 §6.4.4).
    """
    joined = _SLASHES.sub("/", base_name + name)
    spellings = [joined]
    if base_name and name:
        spellings.append(f"{base_name}/{name}")
    if not joined.startswith("/"):
        spellings.append(f"{base}/{joined}")
    for text in spellings:
        path = _canonical(text)
        if path is not None and base.contains(path) and len(path.parts) >= least:
            return path
    try:
        path = Path.parse(joined)
    except InvalidPath as error:
        raise CodecError(f"{where} is named {shown(joined)}, not by a path: {error}") from None
    raise CodecError(f"{where}: {path} is no resource of {base}")


def _canonical(text: str) -> Path | None:
    inner = _SLASHES.sub("/", text).strip("/")
    try:
        path = Path.parse(inner)
    except InvalidPath:
        return None
    return path if str(path) == f"/{inner}" else None


def _number(content: object) -> int | float | Decimal:
    if isinstance(content, bool) or not isinstance(content, int | float | Decimal):
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


_READERS: Final[Mapping[Field, Callable[[object], object]]] = {
    Field.NUMBER: _number,
    Field.STRING: _string,
    Field.BOOLEAN: _boolean,
    Field.DATA: lambda content: content,
    Field.OBJECT_LINK: _object_link,
}
