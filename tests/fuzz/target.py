"""The server under fuzz as a process: everything that it serves, and operators at work.

`python -m tests.fuzz.target DATA` prints its ports as a line of JSON, and answers each line
of JSON on stdin with another, as `tests.benchmarks.server` does.
"""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Any

from lwm2m_server import app, process
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.services import Services
from lwm2m_server.settings import Settings

from ..benchmarks.server import Commands, obey
from ..lwm2m_server.protocol.configurations import PLAIN
from .operators import Operators


class FuzzCommands(Commands):
    """What the process can be told beside what a benchmark tells."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._operators: Operators | None = None
        self._work: asyncio.Task[None] | None = None

    async def operate(self, seed: int) -> dict[str, Any]:
        """Let operators work from now on."""
        await self._services.bootstrap.configurations.put("*", PLAIN)
        self._operators = Operators(self._services, seed)
        self._work = asyncio.create_task(self._operators.work())
        return {}

    async def rest(self) -> dict[str, Any]:
        """Let them come to an end; return what they were told."""
        assert self._operators is not None
        assert self._work is not None
        self._operators.rest()
        await self._work
        return {"asked": self._operators.asked, "answered": self._operators.answered}

    async def blocks(self) -> dict[str, Any]:
        """Return how many blocks of memory the interpreter holds, garbage not counted."""
        gc.unfreeze()
        gc.collect()
        return {"blocks": sys.getallocatedblocks()}

    async def bootstrap_credential(self, endpoint: str, key: str) -> dict[str, Any]:
        """Let an endpoint prove itself to the bootstrap server by a pre-shared key (hex)."""
        asked = NewCredential(endpoint, key=bytes.fromhex(key))
        await self._services.bootstrap.credentials.add(asked)
        return {}


async def main(data: Path) -> None:
    process.configure_logging(quiet=True)
    settings = Settings(
        data=data,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        bootstrap_port=0,
        bootstrap_coaps_port=0,
        allow_nosec=True,
    )
    async with app.serving(settings) as running:
        with process.tuned_process():
            await obey(
                FuzzCommands(running.services),
                plain=running.coap_port,
                secured=running.coaps_port,
                bootstrap=running.bootstrap_port or 0,
                bootstrap_secured=running.bootstrap_coaps_port or 0,
            )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
