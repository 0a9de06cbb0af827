"""Engines that turn C into machine code, behind one port."""

from collections.abc import Mapping
from types import MappingProxyType

from .port import Backend, Linked, LinkJob, Symbol

__all__ = ["BACKENDS", "Backend", "LinkJob", "Linked", "Symbol"]

BACKENDS: Mapping[str, Backend] = MappingProxyType({})
