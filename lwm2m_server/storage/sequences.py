"""Numbers that are never given out twice: a file each, replaced as a whole."""

import os
from pathlib import Path


class FileSequences:
    """Implements `service.ports.Sequences`, in a folder; names are file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reserve(self, name: str, count: int) -> int:
        """Return the first of `count` numbers that were never given out, durable on return.

        Raises `OSError`, and `ValueError` where the file holds no number: guessing would
        repeat one.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / name
        first = int(path.read_text()) if path.exists() else 0
        fresh = path.with_suffix(".new")
        with fresh.open("w") as file:
            file.write(str(first + count))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return first
