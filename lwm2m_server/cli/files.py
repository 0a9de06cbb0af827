"""Files that users name: read whole, up to a size, with a clear word when they are not there."""

from pathlib import Path

from .console import CommandFailed

_LARGEST = 64 * 1024 * 1024


def read_file(file: Path) -> bytes:
    """Return the bytes of `file`; raises `CommandFailed`."""
    if not file.exists():
        raise CommandFailed(f"{file}: no such file")
    if not file.is_file():
        raise CommandFailed(f"{file} is no file")
    if file.stat().st_size > _LARGEST:
        raise CommandFailed(f"{file} has more than {_LARGEST} B")
    return file.read_bytes()
