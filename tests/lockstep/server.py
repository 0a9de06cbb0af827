"""The server as it runs, on the loopback interface, in a loop whose time can be told to pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path as File
from typing import Any

from compiler.targets import BoardTable
from firmware_store import Store
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.protocol.registration import Registration
from lwm2m_server.service import Services
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.secret_files import MasterKey
from lwm2m_server.transport.dtls.shell import DtlsPort
from lwm2m_server.transport.server import CoapServer
from tests.lwm2m_server.service.memory import InlineExecutor, Memory
from tests.lwm2m_server.service.world import FakeRunner, settle

from .device import Device, Dtls, Udp

_KEY = bytes(range(16))
_BOARDS = BoardTable.load()


class Time:
    """The loop's time, which is ahead of the machine's by what has been passed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._real = loop.time
        self._ahead = 0.0
        loop.time = self.now  # type: ignore[method-assign] # what all timers of a loop go by

    def now(self) -> float:
        return self._real() + self._ahead

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and each timer ring that is due by then, in order."""
        until = self.now() + seconds
        await settle()
        while (due := self._next()) is not None and due <= until:
            self._ahead += max(0.0, due - self.now())
            await asyncio.sleep(0)
            await settle()
        self._ahead += max(0.0, until - self.now())
        await settle()

    def _next(self) -> float | None:
        timers = self._loop._scheduled  # type: ignore[attr-defined] # nothing public tells
        return min((one.when() for one in timers if not one.cancelled()), default=None)


@dataclass
class Server:
    """All that a server is but its HTTP; `devices` are closed with it."""

    services: Services
    coap: CoapServer
    time: Time
    port: int
    secured: int
    store: Store
    devices: list[Device] = field(default_factory=list)

    def device(self) -> Device:
        """A device that proves nothing."""
        self.devices.append(Device(Udp(self.port)))
        return self.devices[-1]

    async def secure_device(self, identity: str) -> Device:
        """A device that has proven `identity`, which is its endpoint's name."""
        self.devices.append(Device(await self.session(identity)))
        return self.devices[-1]

    async def session(self, identity: str) -> Dtls:
        """One more session of an identity, from an address of its own."""
        if not any(one.endpoint == identity for one in self.services.credentials.list()):
            await self.services.credentials.add(NewCredential(identity, key=_KEY))
        line = Dtls(self.secured, identity, _KEY)
        await line.connect()
        return line

    def moved(self, device: Device) -> Device:
        """Let a device go on at another address."""
        return device.at(Udp(self.port))

    def registration(self, endpoint: str = "dev") -> Registration:
        found = self.services.registrations.by_endpoint(endpoint)
        assert found is not None, f"{endpoint} is not registered"
        return found

    async def told(self, *kinds: EventKind) -> list[Event]:
        """Return what happened so far, of some kinds."""
        await settle()
        return [one for one in await self.services.events.recent(0, 1000) if one.kind in kinds]

    async def values(self, kind: EventKind = EventKind.NOTIFICATION) -> list[Any]:
        """Return what was reported, or why it could not be read."""
        told = await self.told(kind)
        return [one.data.get("values", one.data.get("unreadable")) for one in told]


@asynccontextmanager
async def serving(folder: File) -> AsyncIterator[Server]:
    """Bring a server up."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(InlineExecutor())
    time, ids, tokens = Time(loop), count(1), count(1)
    store = Store(folder / "store")
    store.keys.new()
    services = Services.compose(
        storage=Memory(),
        store=store,
        boards=_BOARDS,
        runner=FakeRunner(),
        now=time.now,
        new_id=lambda: f"r{next(ids)}",
        # As long as those that the composition root makes.
        new_token=lambda: f"{next(tokens):022}",
        master_key=MasterKey(File("/nowhere"), "5e" * 32),
        allow_nosec=True,
    )
    coap = CoapServer(
        services.registrations,
        services.deployments,
        services.reporting.notified,
        services.reporting.sent,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(coap.aclose)
        await services.start(coap.downlink)
        stack.push_async_callback(services.aclose)
        driver = coap.driver
        secured = await DtlsPort.open(
            "::1",
            0,
            services.credentials,
            driver.received,
            coap.lost,
            unreachable=driver.unreachable,
            busy=driver.endpoint.engaged,
        )
        stack.callback(secured.close)
        coap.secured_by(secured)
        port = await coap.open("::1", 0)
        services.resume()
        server = Server(services, coap, time, port, secured.port, store)
        yield server
        for device in server.devices:
            device.close()
