"""What SenML records are named by: base name and name, joined to the path of a resource."""

import re
from functools import lru_cache
from typing import Final

from ..errors import CodecError, InvalidPath, shown
from ..path import Path

# Devices that are alike use the same names.
_REMEMBERED: Final = 4096

_SLASHES: Final = re.compile("/{2,}")


@lru_cache(_REMEMBERED)
def named(base_name: str, name: str, root: str, base: Path, least: int) -> Path | None:
    """Return what a record is named by: names are joined, and that is a path (RFC 8428 §4.5.1).

    Where that makes no sense, the spellings of some clients do: base names without their last
    slash, and names that begin at the path that was asked for (OMA LwM2M 1.0 §6.4.4). None for
    what makes no sense at all: no path, or none of a resource below `base`.
    """
    joined = _SLASHES.sub("/", base_name + name)
    spellings = [joined.removeprefix(root) if joined.startswith(f"{root}/") else joined]
    if base_name and name:
        spellings.append(f"{base_name}/{name}".removeprefix(root))
    if not joined.startswith("/"):
        spellings.append(f"{base}/{joined}")
    for text in spellings:
        path = _canonical(text)
        if path is not None and base.contains(path) and len(path.parts) >= least:
            return path
    return None


def _canonical(text: str) -> Path | None:
    inner = _SLASHES.sub("/", text).strip("/")
    try:
        path = Path.parse(inner)
    except InvalidPath:
        return None
    return path if str(path) == f"/{inner}" else None


def nowhere(name: str, base: Path, where: str) -> CodecError:
    """Return what is wrong with a name that `named` makes nothing of; `where` is its record."""
    try:
        path = Path.parse(name)
    except InvalidPath as error:
        return CodecError(f"{where} is named {shown(name)}, not by a path: {error}")
    return CodecError(f"{where}: {path} is no resource of {base}")
