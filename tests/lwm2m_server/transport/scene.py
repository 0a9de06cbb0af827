"""A server on the loopback interface, fakes of what stands behind it, and a device before it."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiocoap
from aiocoap import Message, resource
from aiocoap.numbers.codes import Code

from lwm2m_server.protocol.identity import NOSEC, Identity
from lwm2m_server.protocol.operations import Response, Target
from lwm2m_server.protocol.registration import RegisterRequest, Registration, UpdateRequest
from lwm2m_server.service.ports import Package
from lwm2m_server.service.registration import Accepted, RegistrationListener
from lwm2m_server.transport.server import CoapServer


@dataclass
class Registry:
    """Fake of the registration service: takes everything but what it is told to refuse."""

    requests: list[RegisterRequest | UpdateRequest | str] = field(default_factory=list)
    fault: Exception | None = None
    listeners: list[RegistrationListener] = field(default_factory=list)
    ends: list[Callable[[Registration], None]] = field(default_factory=list)

    def listen(self, listener: RegistrationListener, _concerned: Container[str]) -> None:
        self.listeners.append(listener)

    def listen_for_ends(self, ended: Callable[[Registration], None]) -> None:
        self.ends.append(ended)

    def register(self, request: RegisterRequest) -> Accepted:
        self._take(request)
        return Accepted("r1", _done())

    def update(self, request: UpdateRequest) -> asyncio.Future[None] | None:
        self._take(request)
        return None

    def deregister(self, registration_id: str, identity: Identity = NOSEC) -> asyncio.Future[None]:
        self.requests.append(registration_id)
        return _done()

    def executed(self, registration: Registration) -> None:
        pass

    def is_new(self, registration_id: str, seconds: float) -> bool:
        return True

    def _take(self, request: RegisterRequest | UpdateRequest) -> None:
        self.requests.append(request)
        if self.fault:
            raise self.fault


def _done() -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


@dataclass
class Images:
    """Fake pull source."""

    images: dict[str, bytes] = field(default_factory=dict)
    log: list[tuple[str, int, int]] = field(default_factory=list)

    def package(self, token: str) -> Package | None:
        image = self.images.get(token)
        return None if image is None else Package(image, hashlib.sha256(image).digest()[:8])

    def pulled(self, token: str, done: int, total: int) -> None:
        self.log.append((token, done, total))


@dataclass
class World:
    server: CoapServer
    port: int
    registry: Registry
    images: Images
    notifications: "asyncio.Queue[tuple[str, Target, Response]]"
    sent: list[tuple[str, Identity, int | None, bytes]]
    tcp: int = 0

    def registration(self, ident: str = "r1", **told: Any) -> Registration:
        """What storage would hold of the device that registered last."""
        last = next(r for r in reversed(self.registry.requests) if isinstance(r, RegisterRequest))
        held = Registration(
            ident, "urn:dev:1", last.address, 60, "1.1", "U", False, (), 0.0, 0.0, 60.0
        )
        return held._replace(**{"identity": last.identity, **told})


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[World]:
    registry, images = Registry(), Images()
    notifications: asyncio.Queue[tuple[str, Target, Response]] = asyncio.Queue()
    sent: list[tuple[str, Identity, int | None, bytes]] = []
    server = CoapServer(
        registry,  # type: ignore[arg-type] # a fake of the service
        images,
        lambda *told: notifications.put_nowait(told),
        lambda *told: sent.append(told),
        **options,
    )
    port = await server.open("127.0.0.1", 0)
    try:
        yield World(server, port, registry, images, notifications, sent)
    finally:
        await server.aclose()


class Counter(resource.ObservableResource):
    """A resource whose value the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 0

    def set(self, value: int) -> None:
        self.value = value
        told = Message(code=Code.CONTENT, payload=str(value).encode(), content_format=0)
        self.updated_state(told)

    async def render_get(self, request: Message) -> Message:
        return Message(payload=str(self.value).encode(), content_format=0)


class Sink(resource.Resource):
    """Takes a package, and says back on GET who wrote it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = b""
        self.remotes: set[str] = set()

    async def render_put(self, request: Message) -> Message:
        self.remotes.add(request.remote.hostinfo)
        self.body = request.payload
        return Message(code=Code.CHANGED)

    async def render_get(self, request: Message) -> Message:
        return Message(payload=self.body, content_format=42)

    async def render_post(self, request: Message) -> Message:
        return Message(code=Code.METHOD_NOT_ALLOWED)


@dataclass
class Device:
    context: aiocoap.Context
    counter: Counter
    sink: Sink
    uri: str

    async def send(self, code: Code, path: str, **options: object) -> Message:
        request = Message(code=code, uri=f"{self.uri}{path}", **options)
        return await self.context.request(request).response


@dataclass
class OwnTls:
    """What aiocoap's client asks for its side of TLS."""

    context: ssl.SSLContext

    def ssl_client_context(self, scheme: str, hostinfo: str) -> ssl.SSLContext:
        return self.context


@asynccontextmanager
async def device_at(
    uri: str, transport: str = "udp6", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Device]:
    """A device on aiocoap's own stack, which knows the server by `uri`."""
    counter, sink = Counter(), Sink()
    site = resource.Site()
    site.add_resource(["3", "0", "9"], counter)
    site.add_resource(["5", "0", "0"], sink)
    context = await aiocoap.Context.create_client_context(transports=[transport])
    context.serversite = site
    if tls is not None:
        context.request_interfaces[0].token_interface.credentials = OwnTls(tls)
    try:
        yield Device(context, counter, sink, uri)
    finally:
        await context.shutdown()
