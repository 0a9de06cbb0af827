"""Opaque (OMA LwM2M Core 1.1 §7.4): one value of bytes, as it is."""

from ..errors import InvalidValue, UnsupportedFormat, shown
from ..path import Path
from ..registry import Registry
from ..tree import Node
from ..value import ResourceType, Value
from .leaf import leaf, value_of


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the value at `base`; see `codecs.decode`."""
    node = leaf(base, data)
    _check_type(base, data, registry)
    return node


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the value at `base`; see `codecs.encode`."""
    value = value_of(base, node)
    _check_type(base, value, registry)
    if not isinstance(value, bytes):
        raise InvalidValue(f"{base}: {shown(value)} is no Opaque")
    return value


def _check_type(base: Path, value: Value, registry: Registry) -> None:
    resource_type = registry.type_of(base, value)
    if resource_type is not ResourceType.OPAQUE:
        raise UnsupportedFormat(f"{base} is {resource_type}, not Opaque")
