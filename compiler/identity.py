"""What this installation is, as far as it decides what a build yields."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = Path(__file__).parent

# An artifact is as good as its proof, so what proves counts too. It is found, not
# imported: who names a build need not load what runs one.
_PROVER = ("device_sim", "mcu")

_SOURCES = ("*.py", "*.c", "*.h", "cores.toml", "gcc.toml")

# What runs apart from a build and cannot change what comes out of it.
_APART = ("convert/", "evaluation/", "export/")

# Whose versions decide artifacts, the vectors that go with them or what is proven of
# both; the C compiler's is part of the backend's identity.
_PACKAGES = ("tflite", "tflite-micro", "numpy", "capstone", "unicorn")


@cache
def sources_sha256() -> str:
    """Return the hash of what compiles and proves: an upgrade never serves old code."""
    digests = digest_of(_PACKAGE) + digest_of(_prover())
    return hashlib.sha256(digests.encode()).hexdigest()


def _prover() -> Path:
    package, *below = _PROVER
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"{package} is not installed beside the compiler")
    return Path(spec.submodule_search_locations[0], *below)


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
