"""What the tests with foreign peers share."""

import os
from pathlib import Path

import pytest

from compiler.toolchain import cache_folder
from lwm2m_server.transport.dtls.build import build
from lwm2m_server.transport.dtls.errors import EngineUnavailable

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


@pytest.fixture(scope="session")
def pion() -> Path:
    """Return the built DTLS process; a skip without Go, a failure in CI."""
    try:
        return build(cache_folder("dtls"))
    except EngineUnavailable as why:
        if os.environ.get("REQUIRE_PEERS"):
            pytest.fail(str(why))
        pytest.skip(str(why))
