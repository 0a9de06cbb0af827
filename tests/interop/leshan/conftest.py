"""One server and one virtual machine for all tests with Leshan's client."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.e2e.process import ServerProcess

from ..java import java_peer
from .clients import Client, Peers

MODELS = Path(__file__).parents[3] / "objects" / "registry"
OBJECTS = "3,3303,3442*2"
# As short as the server has it: who sleeps is soon asleep.
AWAKE_WINDOW = "1"

Opened = Callable[..., Awaitable[Client]]
"""Registers a client with these options: `secured`, and those of `Client.java`."""

_numbers = count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    """A server as it is shipped, which admits unproven endpoints."""
    folder = tmp_path_factory.mktemp("server")
    process = ServerProcess(folder / "data", options=("--awake-window", AWAKE_WINDOW))
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def peers(java_peers: Path) -> AsyncIterator[Peers]:
    async with java_peer(java_peers, "LeshanPeers") as process:
        peers = Peers(process)
        listening = asyncio.create_task(peers.listen())
        yield peers
        listening.cancel()


@pytest_asyncio.fixture(loop_scope="session")
async def opened(
    server: ServerProcess, http: httpx.AsyncClient, peers: Peers
) -> AsyncIterator[Opened]:
    """Register clients, which are gone when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_one(*, secured: bool = False, **options: str) -> Client:
            name = f"leshan-{next(_numbers)}"
            client = Client(name, peers, http, options.get("endpoint", name))
            port = server.coaps_port if secured else server.coap_port
            given = {
                "endpoint": name,
                "server": f"{'coaps' if secured else 'coap'}://127.0.0.1:{port}",
                "objects": OBJECTS,
                "models": str(MODELS),
                **(await secret(http, client.endpoint) if secured else {}),
                **options,
            }
            words = (word for name, value in given.items() for word in (f"--{name}", value))
            peers.process.tell("open", name, *words)
            await client.event("opened")
            stack.callback(peers.process.tell, "close", name)
            await client.ask("register", event="registered")
            return client

        yield open_one


@pytest_asyncio.fixture(loop_scope="session")
async def client(opened: Opened) -> Client:
    """A client of LwM2M 1.1 without security."""
    return await opened()


async def secret(http: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Have the server know a key of an endpoint; return the client's options for it."""
    told = {"identity": name, "key": secrets.token_hex(16)}
    info = {"endpoint": name, "tls": {"mode": "psk", "details": told}}
    assert (await http.put("/api/security/clients", json=info)).status_code == 200
    return told
