"""What this installation is, as far as it decides what a build yields."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGE = Path(__file__).parent
_SOURCES = ("*.py", "*.c", "*.h", "cores.toml")

# What runs apart from a build and cannot change what comes out of it.
_APART = ("convert/",)

# Whose versions decide artifacts or the vectors that go with them; the C compiler's
# is part of the backend's identity.
_PACKAGES = ("tflite", "tflite-micro", "numpy")


@cache
def sources_sha256() -> str:
    """Return the hash of the compiler's own sources: an upgrade never serves old code."""
    return digest_of(_PACKAGE)


def digest_of(root: Path) -> str:
    """Return the hash of what decides artifacts below `root`: names and bytes, in order."""
    digest = hashlib.sha256()
    files = {file.relative_to(root).as_posix(): file for p in _SOURCES for file in root.rglob(p)}
    for name in sorted(files):
        if not name.startswith(_APART):
            content = files[name].read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@cache
def packages() -> tuple[str, ...]:
    """Return name and version of each package that has a say in what a build yields."""
    return tuple(f"{name} {_version(name)}" for name in _PACKAGES)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
