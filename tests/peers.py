"""What is not ours has to be there: without it a test is skipped, and fails in CI."""

import os
import shutil
from typing import NoReturn

import pytest

REQUIRED = bool(os.environ.get("REQUIRE_PEERS"))
"""Whether all there is to run has to run."""


def absent(why: str) -> NoReturn:
    """Skip, or fail where `REQUIRED`."""
    if REQUIRED:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def installed(program: str, package: str) -> str:
    """Return a program; absent where Debian's `package` is not installed."""
    if shutil.which(program) is None:
        absent(f"not installed: {program} ({package})")
    return program
