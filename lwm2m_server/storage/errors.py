"""Why there is no storage."""

import errno
from pathlib import Path


class UnusableDatabase(OSError):
    """The file is no database of ours, or a damaged one; nothing was changed in it."""

    def __init__(self, file: Path, why: str) -> None:
        text = f"this database cannot be used ({why}); restore it, or move it away to begin anew"
        super().__init__(errno.EBADMSG, text, str(file))
