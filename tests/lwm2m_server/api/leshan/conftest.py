"""One server for each module of tests; each test has a device that nobody asked anything yet."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .scene import Scene, scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with scene(tmp_path_factory.mktemp("api")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def api(lasting: Scene) -> Scene:
    await lasting.renew()
    return lasting
