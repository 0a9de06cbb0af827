"""Opaque (OMA LwM2M Core 1.1 §7.4): one value of bytes, as it is."""

from ..errors import UnsupportedFormat
from ..path import Path
from ..registry import Registry
from ..tree import Node
from ..value import ResourceType
from .leaf import leaf, value_of


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the value at `base`; see `codecs.decode`."""
    node = leaf(base, data)
    if (resource_type := registry.type_of(base, data)) is not ResourceType.OPAQUE:
        raise UnsupportedFormat(f"{base} is {resource_type}, not Opaque")
    return node


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the value at `base`; see `codecs.encode`."""
    value = value_of(base, node)
    if not isinstance(value, bytes):
        raise UnsupportedFormat(f"{base} is {registry.type_of(base, value)}, not Opaque")
    return value
