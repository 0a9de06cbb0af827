"""The `ziglang` wheel as a C compiler: argument vectors (pure), and running them."""

from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """Return the compiler's cache: $TINYMLAAS_CACHE/zig, else under $XDG_CACHE_HOME."""
    raise NotImplementedError


def version() -> str:
    """Return name and version of the compiler, `ziglang 0.17.0`."""
    raise NotImplementedError


def warm(progress: Callable[[str], None]) -> None:
    """Compile the compiler's runtime once for each core and -O that is used."""
    raise NotImplementedError
