"""Files that users name: read whole, up to a size, with a clear word when they are not there."""

import sys
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


def read_key(place: str, option: str) -> str:
    """Return the text of a key, from the file `place` or, where that is -, standard input."""
    if place == "-":
        return sys.stdin.read().strip()
    if not Path(place).is_file():
        # The name is not repeated: somebody may have typed the key itself.
        raise CommandFailed(
            f"{option} names a file, or - for standard input: keys that are typed are seen"
        )
    return read_file(Path(place)).decode("ascii", "replace").strip()
