"""Opaque (content format 42): one value of bytes."""

from ..path import Path
from ..registry import Registry
from ..tree import Node


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the node at `base`."""
    raise NotImplementedError


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the node at `base`."""
    raise NotImplementedError
