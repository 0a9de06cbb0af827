"""A server for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .device import Device
from .server import Server, serving


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as server:
        yield server


@pytest.fixture
async def device(server: Server) -> Device:
    return server.device()
