"""Plain text (OMA LwM2M Core 1.1 §7.4): one value."""

from ..errors import CodecError
from ..path import Path
from ..registry import Registry
from ..tree import Node
from ..value import from_text, to_text
from .leaf import leaf, value_of


def decode(data: bytes, base: Path, registry: Registry) -> Node:
    """Read the value at `base`; see `codecs.decode`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError("text is no UTF-8", error.start) from None
    return leaf(base, from_text(registry.type_of(base, text), text))


def encode(base: Path, node: Node, registry: Registry) -> bytes:
    """Write the value at `base`; see `codecs.encode`."""
    value = value_of(base, node)
    return to_text(registry.type_of(base, value), value).encode()
