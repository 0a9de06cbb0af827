"""What a person has who types commands: a server that they reach, and devices."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from lwm2m_server.app import Running, serving
from lwm2m_server.cli import app
from lwm2m_server.settings import Settings


@dataclass
class Shell:
    """Commands, and the server that they are about."""

    running: Running

    async def type(self, *words: str) -> Result:
        """Run a command, in another thread: it blocks, and the server is in this one."""
        server = f"http://127.0.0.1:{self.running.http_port}"
        environment = {"TINYMLAAS_SERVER": server}
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=environment)

    async def told(self, *words: str) -> str:
        """Return what a command that succeeds prints."""
        done = await self.type(*words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.stdout

    async def json(self, *words: str) -> Any:
        return json.loads(await self.told(*words, "--json"))

    async def value(self, path: str) -> Any:
        (one,) = await self.json("read", "dev", path)
        return one["value"]

    async def refused(self, *words: str) -> str:
        done = await self.type(*words)
        assert done.exit_code != 0
        return str(done.exception)


@asynccontextmanager
async def server_on(data: Path, **settings: Any) -> AsyncIterator[Shell]:
    """Serve on free ports, to whoever comes."""
    ports = {"http_port": 0, "coap_port": 0, "coaps_port": 0, "bootstrap_port": 0}
    ports |= {"bootstrap_coaps_port": 0, "bootstrap_http_port": 0}
    chosen = Settings(data=data, coap_host="127.0.0.1", allow_nosec=True, **ports, **settings)
    async with serving(chosen) as running:
        yield Shell(running)
