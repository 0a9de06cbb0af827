"""Folders that carry the digests of their own files.

The list is a file `SHA256SUMS` as coreutils writes it: `sha256sum -c SHA256SUMS`
checks an entry by hand.
"""

import hashlib
import re
from collections.abc import Container, Mapping

from .disk import Disk
from .errors import Damaged

_SUMS = "SHA256SUMS"
_LINE = re.compile(rb"([0-9a-f]{64})  ((?:\w[\w.+-]*/)*\w[\w.+-]*)")


def put_sealed(disk: Disk, folder: str, files: Mapping[str, bytes]) -> bool:
    """Store `files` as `folder`; False, and no change, where it exists."""
    sums = "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items()))
    return disk.put_folder(folder, {**files, _SUMS: sums.encode()})


def get_sealed(
    disk: Disk, folder: str, only: Container[str] | None = None
) -> dict[str, bytes] | None:
    """Return the files of `folder`, None where it is not there; raises `Damaged`.

    With `only`, the other files are neither read nor checked.
    """
    place = disk.root / folder
    if not place.is_dir():
        return None
    files = {}
    for digest, name in _sums(disk, folder):
        if only is not None and name not in only:
            continue
        data = disk.read(f"{folder}/{name}")
        if data is None or sha256(data) != digest:
            raise Damaged(
                f"{place / name} is not what was stored there; remove {place} and add it again"
            )
        files[name] = data
    return files


def _sums(disk: Disk, folder: str) -> list[tuple[str, str]]:
    """Return (digest, file name) of each line of the list; raises `Damaged`."""
    lines = (disk.read(f"{folder}/{_SUMS}") or b"").split(b"\n")
    found = [_LINE.fullmatch(line) for line in lines[:-1]]
    if lines[-1] or not all(found):
        raise Damaged(f"{disk.root / folder / _SUMS} is no list of digests; remove the folder")
    return [(line[1].decode(), line[2].decode()) for line in found if line]


def pick(files: Mapping[str, bytes], name: str, where: str) -> bytes:
    """Return file `name` of what `get_sealed` found in `where`; raises `Damaged`."""
    if name not in files:
        raise Damaged(f"{where} has no {name}; remove the folder and add it again")
    return files[name]


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()
