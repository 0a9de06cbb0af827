"""A process's stdout for its own lines, where libraries print as they like."""

import os
from typing import IO


def own_stdout() -> IO[str]:
    """Return stdout for our lines alone; what libraries print there goes to stderr."""
    ours = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(ours, "w", encoding="utf-8")
