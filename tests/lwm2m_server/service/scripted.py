"""An endpoint that answers each operation as a test says, on a server without sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path as File

from lwm2m_server.protocol.operations import Operation, Response
from lwm2m_server.protocol.registration import RegisterRequest

from .fake_device import FakeDevice
from .world import World, settle, world

ENDPOINT = "urn:dev:1"
NOT_FOUND = Response(0x84)
CHANGED, CONTENT, CREATED = 0x44, 0x45, 0x41

Script = Callable[[Operation], Response]


@dataclass
class Scripted(FakeDevice):
    """Answers by `script`, and keeps what it was asked."""

    script: Script = lambda _: NOT_FOUND
    asked: list[Operation] = field(default_factory=list)

    def answer(self, operation: Operation) -> Response:
        self.asked.append(operation)
        return self.script(operation)


@dataclass
class Scene:
    """A server and its one endpoint, registered."""

    world: World
    device: Scripted

    async def register(self, *query: str, links: bytes = b"</1/0>,</3/0>") -> str:
        """Register (anew), and let the server read what it reads by itself."""
        self.world.clock.time += 0.001
        request = RegisterRequest("peer", (f"ep={ENDPOINT}", *query), links)
        accepted = self.world.services.registrations.register(request)
        await asyncio.shield(accepted.durable)
        await self.pass_by(1.0)
        return accepted.id

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and everything happen that happens meanwhile."""
        await settle()
        self.world.clock.pass_until(self.world.clock.now() + seconds)
        await settle()

    async def told(self, kind: str) -> list[dict[str, object]]:
        """What events of a kind have told so far."""
        events = await self.world.services.events.recent(0, 1000)
        return [event.data for event in events if event.kind.value == kind]


@asynccontextmanager
async def scene(folder: File, *query: str, links: bytes = b"</1/0>,</3/0>") -> AsyncIterator[Scene]:
    """Serve, with the endpoint registered by `query` and `links`, and nothing asked yet."""
    device = Scripted()
    async with world(folder, device) as one:
        made = Scene(one, device)
        await made.register(*query, links=links)
        device.asked.clear()
        yield made
