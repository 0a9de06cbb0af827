"""OMA TLV (content format 11542)."""

from ..path import Path
from ..registry import Registry
from ..tree import Node


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the node at `base`."""
    raise NotImplementedError


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the node at `base`."""
    raise NotImplementedError
