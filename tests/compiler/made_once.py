"""What takes seconds to compile and several processes of a test run need: one makes it."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder `name` of this test run, as `make` has filled it, called for it once.

    Processes that ask meanwhile wait. `make` may leave no path of the folder in what it makes,
    since it is renamed.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder = root / name
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = root / f"{name}.making"
            making.mkdir(exist_ok=True)
            make(making)
            making.rename(folder)
    return folder
