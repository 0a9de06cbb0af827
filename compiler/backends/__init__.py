"""Engines that turn C into machine code, behind one port."""

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import NoBackend
from ..profile import CompileProfile
from .native import NativeBackend
from .port import Backend, Linked, LinkJob

__all__ = ["BACKENDS", "Backend", "LinkJob", "Linked", "backend_for"]

# By the name that `cores.toml` gives; a further engine is one more line.
BACKENDS: Mapping[str, Backend] = MappingProxyType({"native": NativeBackend()})


def backend_for(profile: CompileProfile) -> Backend:
    """Return the engine of a profile. Raises `NoBackend` where it does not serve the core."""
    backend = BACKENDS.get(profile.backend)
    if backend is None or not backend.serves(profile.target.core):
        raise NoBackend(
            f"no backend: {profile.backend!r} does not serve core {profile.target.core!r}"
        )
    return backend
