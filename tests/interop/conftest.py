"""What the tests with foreign peers share."""

import os
from pathlib import Path

import pytest

from . import java


@pytest.fixture(scope="session")
def java_peers() -> Path:
    """Return the folder of the built Java peers; a skip without Java, a failure in CI."""
    if missing := java.missing():
        why = f"not installed: {', '.join(missing)}"
        if os.environ.get("REQUIRE_PEERS"):
            pytest.fail(why)
        pytest.skip(why)
    return java.built()
