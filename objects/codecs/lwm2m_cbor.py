"""LwM2M CBOR (OMA LwM2M Core 1.2 §7.4.6): maps within maps, keyed by identifiers.

A key is one identifier or an array of several, which go on from the keys around it; the paths
begin at the root. Where a map has null, there is no value: so paths without values are told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import cbor2

from ..errors import CodecError, InvalidPath, InvalidValue, UnsupportedFormat, shown
from ..path import Path
from ..registry import Registry
from ..tree import Node, leaves
from ..value import Value
from .cbor import item
from .cbor_item import CborReader
from .record import LARGEST_COUNT, Record, node_of
from .typed import told, typed

_WHAT: Final = "LwM2M CBOR"

# Four maps, each with an array as key, and a decimal fraction.
_DEPTH: Final = 8

_Map = dict[object, object]


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the node at `base`; see `codecs.decode`."""
    return node_of(base, _records(data, registry))


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the node at `base`; see `codecs.encode`."""
    # The path of what was asked for is one key, so that it is there once.
    depth = len(base.parts)
    content = _nested((path.parts[depth:], _item(path, value, registry))
                      for path, value in leaves(base, node))  # fmt: skip
    return cbor2.dumps({_key(base.parts): content})


def decode_records(data: bytes, registry: Registry, now: float) -> tuple[Record, ...]:
    """Read values of any paths; see `codecs.decode_records`. They have no times."""
    del now
    return tuple(_records(data, registry))


def encode_records(records: Iterable[Record], registry: Registry) -> bytes:
    """Write values of any paths; see `codecs.encode_records`."""
    return cbor2.dumps(_nested(_timeless(record, registry) for record in records))


def decode_paths(data: bytes) -> tuple[Path, ...]:
    """Read paths without values; see `codecs.decode_paths`."""
    paths = list[Path]()
    for path, content in _leaves(data):
        if content is not None:
            raise CodecError(f"{_WHAT} of paths has a value at {path}: null belongs there")
        paths.append(path)
    return tuple(paths)


def encode_paths(paths: Sequence[Path]) -> bytes:
    """Write paths without values; see `codecs.encode_paths`."""
    # Whole paths as keys, since one may lead to another: /3 and /3/0.
    for path in paths:
        if path == Path():
            raise UnsupportedFormat(f"{_WHAT} has no key for the root: name what to read")
    return cbor2.dumps({_key(path.parts): None for path in paths})


def _records(data: bytes, registry: Registry) -> Iterator[Record]:
    for path, content in _leaves(data):
        if content is None:
            yield Record(path, None)
        elif len(path.parts) < 3:
            raise CodecError(f"{_WHAT} has a value at {path}, which is no resource")
        else:
            yield Record(path, typed(path, content, registry))


def _leaves(data: bytes) -> Iterator[tuple[Path, object]]:
    content = CborReader(data, _WHAT, _DEPTH).by_path()
    if not isinstance(content, dict):
        raise CodecError(f"{_WHAT} is a map, not {type(content).__name__}")
    for number, leaf in enumerate(_walk(content, Path())):
        if number >= LARGEST_COUNT:
            raise CodecError(f"{_WHAT} has more than {LARGEST_COUNT} values")
        yield leaf


def _walk(content: _Map, above: Path) -> Iterator[tuple[Path, object]]:
    for key, inner in content.items():
        path = _below(above, key)
        if isinstance(inner, dict):
            yield from _walk(inner, path)
        else:
            yield path, inner


def _below(above: Path, key: object) -> Path:
    parts = (*above.parts, *(key if isinstance(key, tuple) else (key,)))
    if len(parts) > 4:
        raise CodecError(f"{_WHAT} goes on below {above} by {shown(key)}: deeper than four")
    try:
        return Path(*parts)
    except InvalidPath as error:
        raise CodecError(f"{_WHAT} below {above}: {error}") from None


def _key(parts: Sequence[int]) -> object:
    return parts[0] if len(parts) == 1 else tuple(parts)


def _timeless(record: Record, registry: Registry) -> tuple[tuple[int, ...], object]:
    if record.time is not None:
        raise UnsupportedFormat(f"{_WHAT} has no times, and {record.path} is of {record.time}")
    value = record.value
    return record.path.parts, None if value is None else _item(record.path, value, registry)


def _item(path: Path, value: Value, registry: Registry) -> object:
    return item(*told(path, value, registry))


def _nested(items: Iterable[tuple[tuple[int, ...], object]]) -> object:
    """Return a map of maps that leads to each content, or the content of the empty path."""
    root: _Map = {}
    for parts, content in items:
        if not parts:
            return content
        at = root
        for identifier in parts[:-1]:
            inner = at.setdefault(identifier, {})
            if not isinstance(inner, dict):
                raise InvalidValue(f"{Path(*parts)} goes on where there is a value")
            at = inner
        if parts[-1] in at:
            raise InvalidValue(f"{Path(*parts)} is there twice")
        at[parts[-1]] = content
    return root
