"""Secrets in files of the data folder that only their owner can read."""

import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .errors import UnusableSecret
from .vault import KEY_SIZE

_HEX: Final = re.compile(rb"\s*([0-9a-fA-F]{%d})\s*" % (2 * KEY_SIZE))


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The key that seals credentials: 64 hexadecimal digits, `given` or in `file`.

    It is made in `file` where there is nothing yet that it should open.
    """

    file: Path
    given: str | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """Where the key is, in words."""
        return "TINYMLAAS_SECRET_KEY" if self.given is not None else str(self.file)

    def load(self) -> bytes | None:
        """Return the key, None where the file is not there; raises `UnusableSecret`."""
        if self.given is not None:
            return self._read(self.given.encode())
        try:
            return self._read(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise UnusableSecret(f"{self.file} cannot be read: {fault.strerror}") from fault

    def make(self) -> bytes:
        """Make the key and keep it in `file`; raises `OSError`."""
        key = secrets.token_bytes(KEY_SIZE)
        write_secret(self.file, key.hex().encode() + b"\n")
        return key

    def _read(self, text: bytes) -> bytes:
        form = _HEX.fullmatch(text)
        if form is None:
            raise UnusableSecret(
                f"{self.where} holds no key of {2 * KEY_SIZE} hexadecimal digits; put the one"
                " back that this data folder was used with"
            )
        return bytes.fromhex(form[1].decode())


def close_to_others(folder: Path) -> list[Path]:
    """Take `folder` and its files from all but their owner; return those that were open.

    Who can write to a folder could put another file in a secret's place. A folder that is
    not there has nothing to be taken. Raises `OSError`.
    """
    if not folder.is_dir():
        return []
    found = [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]
    for path in found:
        path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
    return found


def write_secret(file: Path, content: bytes) -> None:
    """Write `file` for its owner only, whole or not at all, durable on return.

    Raises `OSError`.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as writer:
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
