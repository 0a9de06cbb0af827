"""A scripted LwM2M server on aiocoap: takes registrations, asks what a test asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiocoap
from aiocoap import Code, Message
from aiocoap.resource import PathCapable, Resource, Site

TEXT, LINK, OPAQUE, SENML_CBOR, TLV = 0, 40, 42, 112, 11542


@dataclass
class Registered:
    """One Register as it came in."""

    location: str
    query: dict[str, str]
    payload: bytes
    remote: Any


class _Registrations(Resource):
    def __init__(self, peer: "Peer") -> None:
        super().__init__()
        self._peer = peer

    async def render_post(self, request: Message) -> Message:
        peer = self._peer
        query = dict(part.partition("=")[::2] for part in request.opt.uri_query)
        if not request.opt.uri_path:
            number = str(len(peer.registrations) + 1)
            registered = Registered(number, query, request.payload, request.remote)
            peer.registrations.append(registered)
            peer.known.add(number)
            peer.news.put_nowait(("register", registered))
            return Message(code=Code.CREATED, location_path=("rd", number))
        if request.opt.uri_path[0] not in peer.known:
            return Message(code=Code.NOT_FOUND)
        peer.news.put_nowait(("update", query))
        return Message(code=Code.CHANGED)

    async def render_delete(self, request: Message) -> Message:
        self._peer.known.discard(request.opt.uri_path[0])
        self._peer.news.put_nowait(("deregister", request.opt.uri_path[0]))
        return Message(code=Code.DELETED)


class _Registration(_Registrations, PathCapable):
    """The locations below: aiocoap wants those to be a resource of their own."""


class _Reports(Resource):
    """Takes what devices Send."""

    def __init__(self, peer: "Peer") -> None:
        super().__init__()
        self._peer = peer

    async def render_post(self, request: Message) -> Message:
        self._peer.news.put_nowait(("send", request))
        return Message(code=Code.CHANGED)


class _Bootstraps(Resource):
    """Takes Bootstrap-Requests."""

    def __init__(self, peer: "Peer") -> None:
        super().__init__()
        self._peer = peer

    async def render_post(self, request: Message) -> Message:
        self._peer.news.put_nowait(("bootstrap", request))
        return Message(code=Code.CHANGED)


class _Packages(Resource, PathCapable):
    """Serves packages by Block2, each block by itself, and tells of each."""

    def __init__(self, peer: "Peer") -> None:
        super().__init__()
        self._peer = peer

    async def needs_blockwise_assembly(self, request: Message) -> bool:
        return False

    async def render_get(self, request: Message) -> Message:
        peer, asked = self._peer, request.opt.block2
        data = peer.packages.get(request.opt.uri_path[0])
        if data is None:
            return Message(code=Code.NOT_FOUND)
        if asked.block_number == peer.stop_after:
            peer.news.put_nowait(("stopped", asked.block_number))
            return Message(code=Code.SERVICE_UNAVAILABLE)
        peer.news.put_nowait(("block", asked.block_number))
        end = asked.start + asked.size
        answer = Message(code=Code.CONTENT, payload=data[asked.start : end], etag=b"v1")
        answer.opt.block2 = (asked.block_number, end < len(data), asked.size_exponent)
        answer.opt.size2 = len(data)
        return answer


class Observation:
    """Notifications of one resource; `first` is the value it began with."""

    def __init__(self, request: Any, first: bytes) -> None:
        self.first = first
        self.types: set[Any] = set()
        self._request = request
        self._values: asyncio.Queue[bytes] = asyncio.Queue()
        # An iterator may lose what comes quickly; a callback sees everything.
        request.observation.register_callback(self._notified, _suppress_deprecation=True)

    def _notified(self, message: Message) -> None:
        self.types.add(message.mtype)
        self._values.put_nowait(message.payload)

    async def until(self, value: bytes) -> list[bytes]:
        """Return what came up to `value`."""
        came: list[bytes] = []
        async with asyncio.timeout(10):
            while not came or came[-1] != value:
                came.append(await self._values.get())
        return came


@dataclass
class Peer:
    """The server: its socket, what registered, and how to talk to the device."""

    context: Any = None
    uri: str = ""
    registrations: list[Registered] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    news: "asyncio.Queue[tuple[str, Any]]" = field(default_factory=asyncio.Queue)
    packages: dict[str, bytes] = field(default_factory=dict)
    stop_after: int | None = None

    async def close(self) -> None:
        """Go away; what was asked and not answered stays so."""
        if self.context is not None:
            context, self.context = self.context, None
            await context.shutdown()

    async def expect(self, kind: str) -> Any:
        """Wait for the next thing of that kind; what comes before is passed over."""
        async with asyncio.timeout(10):
            while True:
                found, value = await self.news.get()
                if found == kind:
                    return value

    async def ask(self, code: Code, path: str, **options: Any) -> Message:
        """Send one request to the device that registered last, block-wise where it is long."""
        payload = options.pop("payload", b"")
        remote = options.pop("remote", None) or self.registrations[-1].remote
        message = Message(code=code, payload=payload, **options)
        message.opt.uri_path = tuple(part for part in path.split("/") if part)
        message.remote = remote
        async with asyncio.timeout(10):
            return await self.context.request(message).response

    async def read(self, path: str, accept: int | None = None) -> Message:
        return await self.ask(Code.GET, path, accept=accept)

    async def text(self, path: str) -> str:
        return (await self.read(path, TEXT)).payload.decode()

    async def write(self, path: str, payload: bytes, content_format: int = OPAQUE) -> Code:
        answer = await self.ask(Code.PUT, path, payload=payload, content_format=content_format)
        return answer.code

    async def observe(
        self, path: str, accept: int = TEXT, code: Code = Code.GET, **options: Any
    ) -> Observation:
        message = Message(code=code, observe=0, accept=accept, **options)
        message.opt.uri_path = tuple(part for part in path.split("/") if part)
        message.remote = self.registrations[-1].remote
        request = self.context.request(message, handle_blockwise=False)
        async with asyncio.timeout(10):
            return Observation(request, (await request.response).payload)

    async def execute(self, path: str, arguments: bytes = b"") -> Code:
        return (await self.ask(Code.POST, path, payload=arguments)).code


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Peer]:
    peer = Peer()
    site = Site()
    site.add_resource(["rd"], _Registrations(peer))
    site.add_resource(["rd"], _Registration(peer))
    site.add_resource(["p"], _Packages(peer))
    site.add_resource(["dp"], _Reports(peer))
    site.add_resource(["bs"], _Bootstraps(peer))
    peer.context = await aiocoap.Context.create_server_context(
        site, bind=("127.0.0.1", port), transports=["simplesocketserver"]
    )
    interface = peer.context.request_interfaces[0].token_interface.message_interface
    _, port = interface._pool._transport.get_extra_info("sockname")
    peer.uri = f"coap://127.0.0.1:{port}"
    try:
        yield peer
    finally:
        await peer.close()
