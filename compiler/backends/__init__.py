"""Engines that turn C into machine code, behind one port."""

from collections.abc import Mapping
from types import MappingProxyType

from .native import NativeBackend
from .port import Backend, Linked, LinkJob

__all__ = ["BACKENDS", "Backend", "LinkJob", "Linked"]

# By the name that `cores.toml` gives; a further engine is one more line.
BACKENDS: Mapping[str, Backend] = MappingProxyType({"native": NativeBackend()})
