"""SenML CBOR (RFC 8428 §6; OMA LwM2M Core 1.1 §7.4): one flat record for each value.

Times and units are read over: a `Node` says what is, not when it was.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final, NoReturn

import cbor2

from ..errors import CodecError, InvalidPath, InvalidValue, shown
from ..path import Path
from ..registry import Registry
from ..tree import Node, Resource, ResourceInstance, from_leaves, leaves
from ..value import ObjectLink, ResourceType, Value, checked

# A byte of CBOR can ask for some seventy bytes of memory. What is larger than
# this is an image, and those travel as opaque.
LARGEST_PAYLOAD: Final = 1024 * 1024

# An array of maps of scalars; a decimal fraction is a tag around an array more.
_DEPTH: Final = 4

# RFC 8428 §6, Table 4: labels are numbers, and the base fields are the negative ones.
_BASE_VERSION: Final = -1
_BASE_NAME: Final = -2
_NAME: Final = 0
_NUMBER: Final = 2
_STRING: Final = 3
_BOOLEAN: Final = 4
_DATA: Final = 8
_OBJECT_LINK: Final = "vlo"  # added by LwM2M, which had no number left

_VALUES: Final = (_NUMBER, _STRING, _BOOLEAN, _DATA, _OBJECT_LINK)

# They would change what a value means, and LwM2M has no use for them.
_REFUSED: Final[Mapping[object, str]] = {-5: "a base value", -6: "a base sum", 5: "a sum"}

_VERSION: Final = 10  # RFC 8428 §4.4: larger ones are of a format to come

_LABELS: Final[Mapping[ResourceType, int | str]] = {
    ResourceType.STRING: _STRING,
    ResourceType.INTEGER: _NUMBER,
    ResourceType.UNSIGNED_INTEGER: _NUMBER,
    ResourceType.FLOAT: _NUMBER,
    ResourceType.BOOLEAN: _BOOLEAN,
    ResourceType.OPAQUE: _DATA,
    ResourceType.TIME: _NUMBER,
    ResourceType.OBJLNK: _OBJECT_LINK,
    ResourceType.CORELNK: _STRING,
}

_WHOLE_NUMBERS: Final = {ResourceType.INTEGER, ResourceType.UNSIGNED_INTEGER, ResourceType.TIME}


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the node at `base`; see `codecs.decode`."""
    pack = _load(data)
    if not isinstance(pack, list):
        raise CodecError(f"SenML is an array of records, not {type(pack).__name__}")
    return from_leaves(base, _values(pack, registry))


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the node at `base`; see `codecs.encode`."""
    # The base name is what all names begin with, so that each record tells the rest only.
    single = isinstance(node, ResourceInstance) or (
        isinstance(node, Resource) and not node.is_multiple
    )
    base_name = str(base) if single else f"{base}/"
    pack = list[dict[int | str, object]]()
    for path, value in leaves(base, node):
        record: dict[int | str, object] = {} if pack else {_BASE_NAME: base_name}
        if not single:
            record[_NAME] = str(path).removeprefix(base_name)
        record.update([_field(path, value, registry)])
        pack.append(record)
    encoded: bytes = cbor2.dumps(pack)
    return encoded


def _field(path: Path, value: Value, registry: Registry) -> tuple[int | str, object]:
    resource_type = registry.type_of(path, value)
    try:
        value = checked(resource_type, value)
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {error}") from None
    return _LABELS[resource_type], str(value) if isinstance(value, ObjectLink) else value


def _values(pack: list[object], registry: Registry) -> Iterator[tuple[Path, Value]]:
    base_name: object = ""
    for number, record in enumerate(pack):
        if not isinstance(record, dict):
            raise CodecError(f"SenML record {number} is {type(record).__name__}, not a map")
        _check_labels(record, number)
        base_name = record.get(_BASE_NAME, base_name)
        name = record.get(_NAME, "")
        if not isinstance(base_name, str) or not isinstance(name, str):
            raise CodecError(f"SenML record {number} has a name that is no text")
        path = _path(base_name + name, number)
        yield path, _value(record, path, registry)


def _check_labels(record: Mapping[object, object], number: int) -> None:
    for label in record:
        if label in _REFUSED:
            raise CodecError(f"SenML record {number} has {_REFUSED[label]}, which LwM2M has not")
        # RFC 8428 §4.4: what one has to understand ends in "_"; the rest may be read over.
        if isinstance(label, str) and label.endswith("_"):
            raise CodecError(f"SenML record {number} needs {shown(label)}, which is unknown")
    version = record.get(_BASE_VERSION, _VERSION)
    if not isinstance(version, int) or version > _VERSION:
        raise CodecError(f"SenML version {shown(version)} is newer than {_VERSION}")


def _path(name: str, number: int) -> Path:
    if not name.startswith("/"):
        raise CodecError(f"SenML record {number} is named {shown(name)}, not by a path from /")
    try:
        return Path.parse(name)
    except InvalidPath as error:
        raise CodecError(f"SenML record {number}: {error}") from None


def _value(record: Mapping[object, object], path: Path, registry: Registry) -> Value:
    given = [label for label in _VALUES if label in record]
    if len(given) != 1:
        raise CodecError(f"SenML record of {path} has {len(given)} values, not one")
    label = given[0]
    try:
        natural = _READERS[label](record[label])
        return _typed(natural, label, registry.type_of(path, natural))
    except InvalidValue as error:
        raise CodecError(f"{path}: {error}") from None


def _typed(value: Value, label: int | str, resource_type: ResourceType) -> Value:
    if label != _LABELS[resource_type]:
        raise InvalidValue(f"{resource_type} is told as {_LABELS[resource_type]!r}, not {label!r}")
    # CBOR writers are free to tell a whole number as a float.
    if resource_type in _WHOLE_NUMBERS and isinstance(value, float) and value.is_integer():
        value = int(value)
    return checked(resource_type, value)


def _read_number(value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidValue(f"{shown(value)} is no number")
    if isinstance(value, Decimal):
        return float(value)
    return value


def _exactly(kind: type[str] | type[bytes] | type[bool]) -> Callable[[object], Value]:
    def read(value: object) -> Value:
        if not isinstance(value, kind):
            raise InvalidValue(f"{shown(value)} is not {kind.__name__}")
        return value

    return read


def _read_link(value: object) -> Value:
    if not isinstance(value, str):
        raise InvalidValue(f"{shown(value)} is no object link")
    return ObjectLink.parse(value)


_READERS: Final[Mapping[int | str, Callable[[object], Value]]] = {
    _NUMBER: _read_number,
    _STRING: _exactly(str),
    _BOOLEAN: _exactly(bool),
    _DATA: _exactly(bytes),
    _OBJECT_LINK: _read_link,
}


def _refuse(*_: object) -> NoReturn:
    raise cbor2.CBORDecodeError("tags other than decimal fractions have no place in SenML")


class _NoTags(Mapping[int, Callable[..., object]]):
    """Decoders of tags for cbor2: all refuse, save that decimal fractions keep theirs.

    By itself cbor2 answers some thirty tags, among them regular expressions that
    it compiles, e-mails that it parses and references that make cycles.
    """

    _DECIMAL_FRACTION: Final = 4  # RFC 8428 §6: a number may be told so

    def __getitem__(self, tag: int) -> Callable[..., object]:
        if tag == self._DECIMAL_FRACTION:
            raise KeyError(tag)
        return _refuse

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


_TAGS: Final = _NoTags()


def _load(data: bytes) -> object:
    if len(data) > LARGEST_PAYLOAD:
        raise CodecError(f"SenML has {len(data)} bytes; {LARGEST_PAYLOAD} is the most")
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream,
        semantic_decoders=_TAGS,
        max_depth=_DEPTH,
        allow_duplicate_keys=False,
        strict_hashable_types=False,
    )
    try:
        item: object = decoder.decode()
    except (cbor2.CBORError, ArithmeticError, ValueError) as error:
        raise CodecError(f"SenML is no CBOR: {error}", stream.tell()) from None
    if rest := len(data) - stream.tell():
        raise CodecError(f"SenML is followed by {rest} bytes", stream.tell())
    return item
