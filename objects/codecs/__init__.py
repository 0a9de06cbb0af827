"""How a tree of resources looks on the wire, one module per content format.

`decode` and `encode` are all that callers need. Both are total on hostile
input: they answer, or raise `CodecError`, in time and memory proportional to
the payload.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from ..errors import CodecError, InvalidValue, ObjectsError, UnsupportedFormat
from ..path import Path
from ..registry import Registry
from ..tree import Node, level
from ..value import Value
from . import cbor, lwm2m_cbor, lwm2m_json, opaque, senml_cbor, senml_json, text, tlv
from .content_format import ContentFormat
from .record import Record
from .senml import SenML

__all__ = [
    "ContentFormat",
    "Record",
    "composite",
    "decode",
    "decode_paths",
    "decode_records",
    "encode",
    "encode_paths",
    "encode_records",
    "encode_values",
    "supported",
]


class _Codec(Protocol):
    def decode(self, data: bytes, base: Path, registry: Registry) -> Node: ...

    def encode(self, base: Path, node: Node, registry: Registry) -> bytes: ...


class _CompositeCodec(_Codec, Protocol):
    def decode_records(self, data: bytes, registry: Registry, now: float) -> tuple[Record, ...]: ...

    def encode_records(self, records: Sequence[Record], registry: Registry) -> bytes: ...

    def decode_paths(self, data: bytes) -> tuple[Path, ...]: ...

    def encode_paths(self, paths: Sequence[Path]) -> bytes: ...


_COMPOSITE: Final[Mapping[int, _CompositeCodec]] = {
    ContentFormat.SENML_JSON: senml_json.CODEC,
    ContentFormat.SENML_CBOR: senml_cbor.CODEC,
    ContentFormat.SENML_ETCH_JSON: senml_json.CODEC,
    ContentFormat.SENML_ETCH_CBOR: senml_cbor.CODEC,
    ContentFormat.LWM2M_CBOR: lwm2m_cbor,
}

# A further content format is a module beside the others and its row here.
# Link format has none: it carries registrations and Discover, not values.
_CODECS: Final[Mapping[int, _Codec]] = {
    ContentFormat.TEXT: text,
    ContentFormat.OPAQUE: opaque,
    ContentFormat.CBOR: cbor,
    ContentFormat.TLV: tlv,
    ContentFormat.OLD_TLV: tlv,
    ContentFormat.JSON: lwm2m_json.CODEC,
    ContentFormat.OLD_JSON: lwm2m_json.CODEC,
    **_COMPOSITE,
}


def supported() -> frozenset[int]:
    """Return the content formats that `decode` and `encode` know."""
    return frozenset(_CODECS)


def decode(
    content_format: int | None, data: bytes, base: Path, registry: Registry, root: str = "/"
) -> Node:
    """Read the payload of a Read response, a notification or a Write on `base`.

    The node has the level of `base`. Values have the Python type of their
    definition; where `registry` has none, a content format with types of its
    own gives its natural one, and TLV and text give bytes and str. Whether a
    resource is single or multiple is told by the payload, not by its definition.
    `root` is the client's alternate path, which SenML names begin with.

    Raises `UnsupportedFormat` for a content format without codec (None is the
    absent option), `CodecError` for every other fault of the payload.
    """
    codec = _codec(content_format, root)
    try:
        level(base)
        return codec.decode(data, base, registry)
    except CodecError:
        raise
    except ObjectsError as error:
        raise CodecError(str(error)) from error


def encode(
    content_format: int, base: Path, node: Node, registry: Registry, root: str = "/"
) -> bytes:
    """Write `node`, which hangs at `base`, for a client with the alternate path `root`.

    Raises `UnsupportedFormat` for a content format without codec and for one
    that cannot carry the node (a whole instance as text, a number as opaque),
    `InvalidValue` for a value that is not of its resource's type and for a
    node that does not belong to `base`.
    """
    codec = _codec(content_format, root)
    if type(node) is not level(base) or node.id != base.parts[-1]:
        raise InvalidValue(f"{type(node).__name__} {node.id} does not belong at {base}")
    return codec.encode(base, node, registry)


def composite() -> frozenset[int]:
    """Return the content formats that carry several paths: SenML JSON and CBOR, LwM2M CBOR."""
    return frozenset(_COMPOSITE)


def decode_records(
    content_format: int | None, data: bytes, registry: Registry, now: float, root: str = "/"
) -> tuple[Record, ...]:
    """Read the payload of a composite answer, a Write-Composite or a Send, in its own order.

    `now` (seconds since the epoch) is what relative times count from. Raises as `decode` does.
    """
    codec = _composite(content_format, root)
    try:
        return codec.decode_records(data, registry, now)
    except CodecError:
        raise
    except ObjectsError as error:
        raise CodecError(str(error)) from error


def encode_records(
    content_format: int, records: Sequence[Record], registry: Registry, root: str = "/"
) -> bytes:
    """Write the payload of a Send, or of the answer to a Read-Composite: values, with times.

    Raises `UnsupportedFormat` for a format that carries one path only, and for times in LwM2M
    CBOR, which has none; `InvalidValue` for a value that is not of its resource's type.
    """
    return _composite(content_format, root).encode_records(records, registry)


def encode_values(
    content_format: int, values: Mapping[Path, Value], registry: Registry, root: str = "/"
) -> bytes:
    """Write the payload of a Write-Composite, or of the answer to a Read-Composite.

    Raises `UnsupportedFormat` for a format that carries one path only, `InvalidValue`.
    """
    records = [Record(path, value) for path, value in values.items()]
    return encode_records(content_format, records, registry, root)


def encode_paths(content_format: int, paths: Sequence[Path], root: str = "/") -> bytes:
    """Write the payload of a Read-Composite or Observe-Composite. Raises `UnsupportedFormat`."""
    return _composite(content_format, root).encode_paths(paths)


def decode_paths(content_format: int | None, data: bytes, root: str = "/") -> tuple[Path, ...]:
    """Read the payload of a Read-Composite or Observe-Composite. Raises as `decode` does."""
    return _composite(content_format, root).decode_paths(data)


def _codec(content_format: int | None, root: str) -> _Codec:
    if content_format is None:
        raise UnsupportedFormat("the payload names no content format")
    if (codec := _CODECS.get(content_format)) is None:
        raise UnsupportedFormat(f"no codec for content format {content_format}")
    return codec if root == "/" or not isinstance(codec, SenML) else codec.below(root)


def _composite(content_format: int | None, root: str) -> _CompositeCodec:
    codec = None if content_format is None else _COMPOSITE.get(content_format)
    if codec is None:
        _codec(content_format, root)
        raise UnsupportedFormat(f"content format {content_format} carries one path, not several")
    return codec if root == "/" or not isinstance(codec, SenML) else codec.below(root)
