"""What the formats of one value (text, opaque) share: they reach resources and nothing above."""

from ..errors import UnsupportedFormat
from ..path import Path
from ..tree import Node, Resource, ResourceInstance, level
from ..value import Value


def leaf(base: Path, value: Value) -> Node:
    """Return the node at `base` that holds `value`. Raises `UnsupportedFormat` above resources."""
    match level(base):
        case kind if kind is Resource:
            return Resource(base.parts[-1], value)
        case kind if kind is ResourceInstance:
            return ResourceInstance(base.parts[-1], value)
    raise UnsupportedFormat(f"{base} is no resource: its format has to carry a tree")


def value_of(base: Path, node: Node) -> Value:
    """Return the value of a node of one value. Raises `UnsupportedFormat` for any other."""
    if isinstance(node, ResourceInstance):
        return node.value
    if isinstance(node, Resource) and not isinstance(node.content, tuple):
        return node.content
    raise UnsupportedFormat(f"{base} holds a tree: its format has to carry one")
