"""A server without sockets for endpoints in queue mode, and the air between them."""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lwm2m_server.protocol.operations import Operation, Response
from lwm2m_server.protocol.registration import RegisterRequest, Registration, UpdateRequest
from lwm2m_server.protocol.request_queue import QUEUE_BOUNDS, QueueBounds
from lwm2m_server.protocol.security_store import SecurityStore
from lwm2m_server.service.awake_downlink import AwakeDownlink
from lwm2m_server.service.definitions import KnownDefinitions
from lwm2m_server.service.events import EventLog
from lwm2m_server.service.gateway import Gateway
from lwm2m_server.service.ports import Unreachable
from lwm2m_server.service.presence import PresenceService
from lwm2m_server.service.queue import QueueService
from lwm2m_server.service.registration import RegistrationService
from objects.registry import Registry

from .memory import Memory
from .world import FakeClock, settle

WINDOW = 93.0
CONTENT = Response(0x45, b"+01", 0)
DEFINITIONS = Registry.standard()


@dataclass
class Air:
    """What carries requests; each answer comes when it is given."""

    sent: list[tuple[str, Operation]] = field(default_factory=list)
    on_air: dict[str, asyncio.Future[Response]] = field(default_factory=dict)

    async def request(self, registration: Registration, operation: Operation) -> Response:
        self.sent.append((registration.address, operation))
        assert registration.endpoint not in self.on_air, "two at once"
        answer = asyncio.get_running_loop().create_future()
        self.on_air[registration.endpoint] = answer
        try:
            return await answer
        finally:
            del self.on_air[registration.endpoint]

    async def push(self, *_: Any) -> Response:
        raise NotImplementedError

    def package_uri(self, *_: Any) -> str:
        raise NotImplementedError

    async def aclose(self) -> None:
        return

    async def answers(self, endpoint: str = "dev", response: Response = CONTENT) -> None:
        self.on_air[endpoint].set_result(response)
        await settle()

    async def fails(self, endpoint: str = "dev", error: Exception | None = None) -> None:
        self.on_air[endpoint].set_exception(error or Unreachable("no answer"))
        await settle()


@dataclass
class Server:
    """One server process; `memory` outlives it."""

    memory: Memory
    clock: FakeClock
    air: Air
    events: EventLog
    registrations: RegistrationService
    presence: PresenceService
    queue: QueueService
    downlink: AwakeDownlink

    @classmethod
    async def start(
        cls,
        memory: Memory,
        clock: FakeClock,
        number: int = 0,
        bounds: QueueBounds = QUEUE_BOUNDS,
    ) -> "Server":
        ids = count()
        events = EventLog(memory.events)
        await events.start()
        registrations = RegistrationService(
            memory.registrations,
            events,
            clock,
            lambda: f"r{number}-{next(ids)}",
            admission=SecurityStore(allow_nosec=True),
        )
        presence = PresenceService(registrations, events, clock, WINDOW)
        queue = QueueService(
            repository=memory.requests,
            registrations=registrations,
            presence=presence,
            gateway=Gateway(registrations, KnownDefinitions(DEFINITIONS, registrations)),
            events=events,
            clock=clock,
            new_id=lambda: f"q{number}-{next(ids)}",
            bounds=bounds,
        )
        presence.listen(queue.heard)
        registrations.listen_for_signs(presence.signed)
        registrations.listen_for_ends(presence.ended)
        registrations.listen(presence, presence.awaited)
        registrations.listen(queue, queue.awaited)
        await registrations.start()
        presence.start()
        air = Air()
        downlink = AwakeDownlink(air, presence)
        await queue.start(downlink)
        queue.resume()
        await settle()
        return cls(memory, clock, air, events, registrations, presence, queue, downlink)

    async def aclose(self) -> None:
        await self.queue.aclose()
        self.presence.close()
        await self.registrations.aclose()
        await self.events.aclose()

    async def register(self, endpoint: str = "dev", *query: str, port: int = 1) -> Registration:
        told = query or ("lwm2m=1.1", "b=U", "Q")
        request = RegisterRequest(f"peer:{port}", (f"ep={endpoint}", *told), b"</3/0>")
        accepted = self.registrations.register(request)
        await asyncio.shield(accepted.durable)
        return await self._announced(endpoint)

    async def update(self, endpoint: str = "dev", *query: str, port: int = 1) -> Registration:
        request = UpdateRequest(self.registration(endpoint).id, f"peer:{port}", query)
        if (durable := self.registrations.update(request)) is not None:
            await asyncio.shield(durable)
        return await self._announced(endpoint)

    async def sleeps(self) -> None:
        """Let the awake window pass, and a little more."""
        await self.passes(WINDOW + 1)

    async def passes(self, seconds: float) -> None:
        self.clock.pass_until(self.clock.time + seconds)
        await settle()

    def registration(self, endpoint: str = "dev") -> Registration:
        found = self.registrations.by_endpoint(endpoint)
        assert found is not None
        return found

    async def told(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the events of these kinds."""
        events = await self.events.recent(0, 1000)
        return [(one.kind.value, one.data) for one in events if one.kind.value in kinds]

    async def _announced(self, endpoint: str) -> Registration:
        await self.passes(0.1)
        return self.registration(endpoint)
