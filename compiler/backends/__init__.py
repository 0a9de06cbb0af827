"""Engines that turn C into machine code, behind one port."""

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import NoBackend
from ..profile import CompileProfile
from .gcc import GccBackend
from .native import NativeBackend
from .port import Backend, Linked, LinkJob

__all__ = ["BACKENDS", "Backend", "LinkJob", "Linked", "backend_for"]

# By the name that `cores.toml` gives; a further engine is one more line.
BACKENDS: Mapping[str, Backend] = MappingProxyType({"native": NativeBackend(), "gcc": GccBackend()})


def backend_for(profile: CompileProfile) -> Backend:
    """Return the engine of a profile.

    Raises `NoBackend`, saying what would serve the core, where the engine does not, or
    not on this machine.
    """
    backend, core = BACKENDS.get(profile.backend), profile.target.core
    if backend is None:
        known = ", ".join(BACKENDS)
        raise NoBackend(f"no backend is named {profile.backend!r}, only {known}")
    lacking = backend.lacks(profile.target)
    if lacking is not None:
        raise NoBackend(
            f"no backend: {profile.backend!r} does not compile for core {core!r} here: {lacking}"
        )
    return backend
