"""The server as a process of its own, which can be killed like one."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

_START = 30.0
_EVERY = 0.05


def free_port(kind: socket.SocketKind) -> int:
    """Return a port below those that the system gives to whoever asks for any."""
    while True:
        with socket.socket(socket.AF_INET, kind) as probe:
            port = 10_000 + secrets.randbelow(22_768)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass
class ServerProcess:
    """`tinymlaas serve` on fixed ports, started and killed at will."""

    data: Path
    http_port: int = field(default_factory=lambda: free_port(socket.SOCK_STREAM))
    coap_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    coaps_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    public: str | None = None
    allow_nosec: bool = True
    options: tuple[str, ...] = ()
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        more = ("--coap-public", self.public) if self.public else ()
        if self.allow_nosec:
            more += ("--allow-nosec",)
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "lwm2m_server", "serve", "--data", str(self.data)),
            *("--http-port", str(self.http_port), "--coaps-port", str(self.coaps_port)),
            *("--coap-host", "127.0.0.1", "--coap-port", str(self.coap_port)),
            *("--no-bootstrap", *more, *self.options),
            start_new_session=True,
        )
        async with asyncio.timeout(_START):
            while not await self._answers():  # noqa: ASYNC110 -- another process
                await asyncio.sleep(_EVERY)

    async def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, "the server did not start"
        try:
            async with self.client() as client:
                return (await client.get("/health")).is_success
        except httpx.TransportError:
            return False

    def client(self) -> httpx.AsyncClient:
        # Plain HTTP, often: to load the roots of TLS costs more than the request.
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.http_port}", timeout=10, verify=False
        )

    async def get(self, path: str) -> Any:
        async with self.client() as client:
            answer = await client.get(f"/v1/{path}")
        assert answer.is_success, answer.text
        return answer.json()

    async def deploy(self, **body: object) -> Any:
        async with self.client() as client:
            answer = await client.post("/v1/deployments", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def write(self, endpoint: str, path: str, value: object) -> httpx.Response:
        async with self.client() as client:
            return await client.put(
                f"/v1/devices/{endpoint}/resources{path}", json={"value": value}
            )

    async def execute(self, endpoint: str, path: str) -> None:
        async with self.client() as client:
            answer = await client.post(f"/v1/devices/{endpoint}/resources{path}")
        assert answer.is_success, answer.text

    async def add_firmware(self, name: str, image: bytes, **told: str) -> Any:
        """Keep an image as NAME, version 1."""
        async with self.client() as client:
            answer = await client.put(f"/v1/firmware/{name}/1", content=image, params=told)
        assert answer.is_success, answer.text
        return answer.json()

    async def until(self, path: str, key: str) -> Any:
        """Return what is at `path` once `key` in it is neither null nor 0."""
        while True:
            found = await self.get(path)
            if found[key] not in (None, 0):
                return found
            await asyncio.sleep(_EVERY)

    async def known(self, endpoint: str) -> Any:
        """Return the device once the server knows what it is."""
        while True:
            if endpoint in {device["endpoint"] for device in await self.get("devices")}:
                break
            await asyncio.sleep(_EVERY)
        return await self.until(f"devices/{endpoint}", "target")

    async def kill(self) -> None:
        """SIGKILL: no good-bye, no flush."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM to the whole session; return the exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        try:
            return await asyncio.wait_for(self.process.wait(), 10)
        except TimeoutError:
            os.killpg(self.process.pid, signal.SIGKILL)
            return await self.process.wait()


@asynccontextmanager
async def server_process(data: Path, public: str | None = None) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(data, public=public)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
