"""How a tree of resources looks on the wire, one module per content format.

`decode` and `encode` are all that callers need. Both are total on hostile
input: they answer, or raise `CodecError`, in time and memory proportional to
the payload.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import CodecError, InvalidValue, ObjectsError, UnsupportedFormat
from ..path import Path
from ..registry import Registry
from ..tree import Node, level
from ..value import Value
from . import opaque, senml_cbor, text, tlv
from .content_format import ContentFormat

__all__ = [
    "ContentFormat",
    "Record",
    "composite",
    "decode",
    "decode_paths",
    "decode_records",
    "encode",
    "encode_paths",
    "encode_values",
    "supported",
]


@dataclass(frozen=True, slots=True)
class Record:
    """One value by its full path, as composite operations and Send carry them.

    `value` is None where the format tells that there is nothing at `path`. `time` is in seconds
    since the epoch, None where none is told (RFC 8428 §4.5.3: relative ones are made absolute).
    """

    path: Path
    value: Value | None
    time: float | None = None


@dataclass(frozen=True, slots=True)
class _Codec:
    decode: Callable[[bytes, Path, Registry], Node]
    encode: Callable[[Path, Node, Registry], bytes]


_TEXT = _Codec(text.decode, text.encode)
_OPAQUE = _Codec(opaque.decode, opaque.encode)
_TLV = _Codec(tlv.decode, tlv.encode)
_SENML_CBOR = _Codec(senml_cbor.decode, senml_cbor.encode)

# A further content format is a module beside the others and its row here.
# Link format has none: it carries registrations and Discover, not values.
_CODECS: Final[Mapping[int, _Codec]] = {
    ContentFormat.TEXT: _TEXT,
    ContentFormat.OPAQUE: _OPAQUE,
    ContentFormat.SENML_CBOR: _SENML_CBOR,
    ContentFormat.TLV: _TLV,
    ContentFormat.OLD_TLV: _TLV,
}


def supported() -> frozenset[int]:
    """Return the content formats that `decode` and `encode` know."""
    return frozenset(_CODECS)


def decode(content_format: int | None, data: bytes, base: Path, registry: Registry) -> Node:
    """Read the payload of a Read response, a notification or a Write on `base`.

    The node has the level of `base`. Values have the Python type of their
    definition; where `registry` has none, a content format with types of its
    own gives its natural one, and TLV and text give bytes and str. Whether a
    resource is single or multiple is told by the payload, not by its definition.

    Raises `UnsupportedFormat` for a content format without codec (None is the
    absent option), `CodecError` for every other fault of the payload.
    """
    codec = _codec(content_format)
    try:
        level(base)
        return codec.decode(data, base, registry)
    except CodecError:
        raise
    except ObjectsError as error:
        raise CodecError(str(error)) from error


def encode(content_format: int, base: Path, node: Node, registry: Registry) -> bytes:
    """Write `node`, which hangs at `base`.

    Raises `UnsupportedFormat` for a content format without codec and for one
    that cannot carry the node (a whole instance as text, a number as opaque),
    `InvalidValue` for a value that is not of its resource's type and for a
    node that does not belong to `base`.
    """
    codec = _codec(content_format)
    if type(node) is not level(base) or node.id != base.parts[-1]:
        raise InvalidValue(f"{type(node).__name__} {node.id} does not belong at {base}")
    return codec.encode(base, node, registry)


def composite() -> frozenset[int]:
    """Return the content formats that carry several paths: SenML JSON and CBOR, LwM2M CBOR."""
    raise NotImplementedError


def decode_records(
    content_format: int | None, data: bytes, registry: Registry, now: float
) -> tuple[Record, ...]:
    """Read the payload of a composite answer, a Write-Composite or a Send, in its own order.

    `now` (seconds since the epoch) is what relative times count from. Raises as `decode` does.
    """
    raise NotImplementedError


def encode_values(content_format: int, values: Mapping[Path, Value], registry: Registry) -> bytes:
    """Write the payload of a Write-Composite, or of the answer to a Read-Composite.

    Raises `UnsupportedFormat` for a format that carries one path only, `InvalidValue`.
    """
    raise NotImplementedError


def encode_paths(content_format: int, paths: Sequence[Path]) -> bytes:
    """Write the payload of a Read-Composite or Observe-Composite. Raises `UnsupportedFormat`."""
    raise NotImplementedError


def decode_paths(content_format: int | None, data: bytes) -> tuple[Path, ...]:
    """Read the payload of a Read-Composite or Observe-Composite. Raises as `decode` does."""
    raise NotImplementedError


def _codec(content_format: int | None) -> _Codec:
    if content_format is None:
        raise UnsupportedFormat("the payload names no content format")
    if (codec := _CODECS.get(content_format)) is None:
        raise UnsupportedFormat(f"no codec for content format {content_format}")
    return codec
