"""The server under test as a process: what `tinymlaas serve` runs, and it does as it is told.

`python -m tests.benchmarks.server DATA [--no-storage]` prints its ports as a line of JSON, and
answers each line of JSON on stdin with another: see `Commands`.
"""

import asyncio
import contextlib
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lwm2m_server import app, process
from lwm2m_server.protocol.registration import EndpointName, Registration
from lwm2m_server.service.answers import Answer
from lwm2m_server.service.errors import ServiceError
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.services import Services
from lwm2m_server.settings import Settings
from objects.path import Path as ObjectPath

from ..lwm2m_server.service.memory import Memory
from .body import body

_BEAT = 0.001


class NothingStored:
    """Takes registrations and keeps none: what is measured then is not this."""

    async def all(self) -> list[Registration]:
        return []

    async def write(self, put: Sequence[Registration], remove: Sequence[str]) -> None:
        pass


def without_storage() -> Memory:
    """Return repositories without a database and its thread."""
    memory = Memory()
    memory.registrations = NothingStored()  # type: ignore[assignment] # the same port
    return memory


class Pauses:
    """How long the loop did not come to a timer that was due, in seconds."""

    def __init__(self) -> None:
        self._longest = self._longest_cpu = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._longest = self._longest_cpu = 0.0
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def longest(self) -> dict[str, Any]:
        """Return the longest pause, and the most that this thread ran from one beat to the next."""
        return {"pause": self._longest, "pause_cpu": self._longest_cpu}

    async def _watch(self) -> None:
        before, ran = time.monotonic(), time.thread_time()
        while True:
            await asyncio.sleep(_BEAT)
            now, running = time.monotonic(), time.thread_time()
            self._longest = max(self._longest, now - before - _BEAT)
            self._longest_cpu = max(self._longest_cpu, running - ran)
            before, ran = now, running


class Commands:
    """What the process can be told; each answers with what is to be printed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pauses = Pauses()

    async def watch_pauses(self) -> dict[str, Any]:
        """Watch the loop from now on."""
        self._pauses.start()
        return {}

    async def pauses(self) -> dict[str, Any]:
        """Return the longest pause since `watch_pauses`."""
        return self._pauses.longest()

    async def busy(self, seconds: float) -> dict[str, Any]:
        """Keep the loop from everything else, beginning after the answer is out."""

        def spin() -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                pass

        asyncio.get_running_loop().call_later(0.01, spin)
        return {}

    async def offer(self, token: str, size: int, devices: int) -> dict[str, Any]:
        """Let an image be pulled, under a token for each device, which ends in its number."""
        # Without a deployment, for which a device had to say what it is.
        image = body(size)
        for device in range(devices):
            await self._services.deployments._pulls.offer(f"{token}{device}", image)
        return {}

    async def push(self, size: int) -> dict[str, Any]:
        """Push an image to every endpoint at once; return how many took it, and the seconds."""
        image, path = body(size), ObjectPath.parse("/5/0/0")

        async def push(endpoint: str) -> bool:
            with contextlib.suppress(ServiceError):
                await self._services.gateway.push(endpoint, path, image, lambda _d, _t: None)
                return True
            return False

        began = time.monotonic()
        names = [one.endpoint for one in self._services.registrations.all()]
        taken = await asyncio.gather(*(push(name) for name in names))
        return {
            "pushed": sum(taken),
            "failed": len(taken) - sum(taken),
            "took": time.monotonic() - began,
        }

    async def read(self, path: str, at_once: int) -> dict[str, Any]:
        """Read a path of every endpoint, so many at once; return how many answered with 2.05."""
        services, what = self._services, ObjectPath.parse(path)
        names = iter([one.endpoint for one in services.registrations.all()])
        answered = failed = 0

        async def some() -> None:
            nonlocal answered, failed
            for name in names:
                try:
                    result = await services.management.read(name, what)
                except ServiceError:
                    failed += 1
                else:
                    answered += isinstance(result, Answer) and result.ok

        began = time.monotonic()
        await asyncio.gather(*(some() for _ in range(at_once)))
        return {"answered": answered, "failed": failed, "took": time.monotonic() - began}

    async def credential(self, endpoint: str, key: str) -> dict[str, Any]:
        """Let an endpoint prove itself by a pre-shared key (hex), its name as the identity."""
        asked = NewCredential(EndpointName(endpoint), key=bytes.fromhex(key))
        await self._services.credentials.add(asked)
        return {}

    async def count(self) -> dict[str, Any]:
        """Return how many endpoints are registered."""
        return {"registered": len(self._services.registrations.all())}


async def obey(commands: Commands, **ports: int) -> None:
    """Print the ports, then carry out commands until stdin ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps(ports), flush=True)  # noqa: T201 -- what this program is for
    while line := await reader.readline():
        told = json.loads(line)
        answer = await getattr(commands, told.pop("do"))(**told)
        print(json.dumps(answer), flush=True)  # noqa: T201 -- as above


async def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--no-storage", action="store_true")
    options = parser.parse_args()
    process.configure_logging(quiet=True)
    settings = Settings(
        data=options.data,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        allow_nosec=True,
    )
    repositories = without_storage() if options.no_storage else None
    async with app.serving(settings, repositories) as running:
        with process.tuned_process():
            commands = Commands(running.services)
            await obey(commands, port=running.coap_port, secured=running.coaps_port)


if __name__ == "__main__":
    asyncio.run(main())
