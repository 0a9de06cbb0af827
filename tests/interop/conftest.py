"""What the tests with foreign peers share."""

from pathlib import Path

import pytest

from compiler.toolchain import cache_folder
from lwm2m_server.transport.dtls.build import build
from lwm2m_server.transport.dtls.errors import EngineUnavailable
from tests.peers import absent

from . import java


@pytest.fixture(scope="session")
def java_peers() -> Path:
    """Return the folder of the built Java peers; a skip without Java, a failure in CI."""
    if missing := java.missing():
        absent(f"not installed: {', '.join(missing)}")
    return java.built()


@pytest.fixture(scope="session")
def pion() -> Path:
    """Return the built DTLS process; a skip without Go, a failure in CI."""
    try:
        return build(cache_folder("dtls"))
    except EngineUnavailable as why:
        absent(str(why))
