"""CBOR (RFC 8949; OMA LwM2M Core 1.2 §7.4.3): one value, as one item."""

import cbor2

from ..path import Path
from ..registry import Registry
from ..tree import Node
from ..value import ObjectLink, ResourceType
from .cbor_item import CborReader
from .leaf import leaf, value_of
from .typed import told, typed


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the value at `base`; see `codecs.decode`."""
    return leaf(base, typed(base, CborReader(data, "CBOR", depth=2).labelled(), registry))


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the value at `base`; see `codecs.encode`."""
    return cbor2.dumps(item(*told(base, value_of(base, node), registry)))


def item(resource_type: ResourceType, value: object) -> object:
    """Return what stands for a value where CBOR alone tells its type (Appendix C)."""
    if isinstance(value, ObjectLink):
        return str(value)
    # Seconds since the epoch, by a tag (RFC 8949 §3.4.2): Leshan reads no time without one.
    return cbor2.CBORTag(1, value) if resource_type is ResourceType.TIME else value
