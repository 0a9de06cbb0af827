"""Bodies in blocks between our message layer and aiocoap's, in all four directions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import AF_INET6, inet_pton
from typing import Any

import aiocoap
import pytest
from aiocoap.resource import Resource, Site

from lwm2m_server.coap.endpoint import Incoming, Outcome
from lwm2m_server.coap.errors import Failure
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.coap.transfer import Download, Upload
from lwm2m_server.service.ports import Package
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.errors import error_response
from lwm2m_server.transport.handler import Handler
from lwm2m_server.transport.pull import PackageHandler
from lwm2m_server.transport.udp import Datagram, UdpRemote, UdpSocket
from tests.lwm2m_server.transport.asking import ask

pytestmark = pytest.mark.interop

LOCAL = "::1"
_PKTINFO = inet_pton(AF_INET6, LOCAL) + bytes(4)  # what comes back is from this very remote
BODY = bytes(range(251)) * 400  # 98 blocks, the last not full
SIZES = [0, 1, 1023, 1024, 1025, 2048, len(BODY)]


@dataclass
class Source:
    """The port behind `/p`."""

    image: bytes
    told: list[int] = field(default_factory=list)

    def package(self, token: str) -> Package | None:
        return Package(self.image, b"etag") if token == "token" else None

    def pulled(self, token: str, done: int, total: int) -> None:
        self.told.append(done)


@dataclass
class Ours:
    driver: Driver
    socket: UdpSocket

    def remote(self, port: int) -> UdpRemote:
        return UdpRemote(self.socket, (LOCAL, port, 0, 0), _PKTINFO)

    def uri(self, path: str) -> str:
        return f"coap://[{LOCAL}]:{self.socket.port}/{path}"


@asynccontextmanager
async def ours(**routes: Handler) -> AsyncIterator[Ours]:
    driver = Driver(routes, lambda _: error_response(Code.NOT_FOUND, "nothing there"))

    def received(datagrams: list[Datagram]) -> None:
        driver.received([(UdpRemote(socket, at, info), data) for data, at, info in datagrams])

    socket = await UdpSocket.open(LOCAL, 0, received, lambda *_: None)
    yield Ours(driver, socket)
    driver.close()
    socket.close()


@asynccontextmanager
async def client() -> AsyncIterator[aiocoap.Context]:
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    yield context
    await context.shutdown()


@asynccontextmanager
async def server(resource: Resource) -> AsyncIterator[int]:
    site = Site()
    site.add_resource(["body"], resource)
    context = await aiocoap.Context.create_server_context(
        site, bind=(LOCAL, 0), transports=["udp6"]
    )
    (interface,) = context.request_interfaces
    transport = interface.token_interface.message_interface.transport
    yield transport.get_extra_info("socket").getsockname()[1]
    await context.shutdown()


class Keeper(Resource):
    """Keeps what is put, and gives it back."""

    def __init__(self, body: bytes = b"") -> None:
        super().__init__()
        self.bodies = [body]

    async def render_get(self, _request: Any) -> Any:
        return aiocoap.Message(code=aiocoap.CONTENT, payload=self.bodies[-1], etag=b"tag")

    async def render_put(self, request: Any) -> Any:
        self.bodies.append(request.payload)
        return aiocoap.Message(code=aiocoap.CHANGED)


async def outcome_of(begin: Callable[[Callable[[Outcome], None]], None], driver: Driver) -> Message:
    """Begin something on the endpoint and return the response that it ends with."""
    answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    begin(answer.set_result)
    driver.flush()
    outcome = await asyncio.wait_for(answer, 30)
    assert not isinstance(outcome, Failure), outcome
    return outcome


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("exponent", [None, 4])
async def test_their_client_fetches_our_package(size: int, exponent: int | None) -> None:
    source = Source(BODY[:size])
    handler = PackageHandler(source, asyncio.get_running_loop().time)
    async with ours(p=handler) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.GET, uri=we.uri("p/token"))
        if exponent is not None:
            request.opt.block2 = (0, False, exponent)
        response = await they.request(request).response
    assert (response.code, response.payload) == (aiocoap.CONTENT, source.image)
    assert source.told[-1] == size


@pytest.mark.parametrize("size", SIZES)
async def test_their_client_fetches_an_answer_that_we_cut(size: int) -> None:
    def answering(_: Incoming) -> Message:
        return Message(Code.CONTENT, Options(content_format=42), BODY[:size])

    async with ours(body=answering) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.GET, uri=we.uri("body"))
        response = await they.request(request).response
    assert response.payload == BODY[:size]


@pytest.mark.parametrize("size", [size for size in SIZES if size <= 64 * 1024] + [64 * 1024])
async def test_their_client_uploads_to_us(size: int) -> None:
    bodies: list[bytes] = []

    def taking(incoming: Incoming) -> Message:
        bodies.append(bytes(incoming.message.payload))
        return Message(Code.CHANGED)

    async with ours(body=taking) as we, client() as they:
        body = BODY[:size]
        request = aiocoap.Message(code=aiocoap.PUT, uri=we.uri("body"), payload=body)
        response = await they.request(request).response
    assert response.code == aiocoap.CHANGED
    assert bodies == [body]


async def test_their_client_is_told_that_a_body_is_too_large() -> None:
    async with ours(body=lambda _: Message(Code.CHANGED)) as we, client() as they:
        request = aiocoap.Message(code=aiocoap.PUT, uri=we.uri("body"), payload=BODY)
        response = await they.request(request).response
    assert response.code == aiocoap.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("size", SIZES)
async def test_we_upload_to_their_server(size: int) -> None:
    keeper, told = Keeper(), [0]
    async with server(keeper) as port, ours() as we:
        put = Message(Code.PUT, Options(uri_path=("body",)))
        response = await outcome_of(
            lambda done: Upload(
                we.driver.endpoint, we.remote(port), put, BODY[:size], done,
                lambda count, _: told.append(count), 30.0,
            ).start(we.driver.now()),
            we.driver,
        )  # fmt: skip
    assert (response.code, keeper.bodies[-1]) == (Code.CHANGED, BODY[:size])
    assert told[-1] == size


@pytest.mark.parametrize("size", SIZES)
async def test_we_fetch_from_their_server(size: int) -> None:
    async with server(Keeper(BODY[:size])) as port, ours() as we:
        get = Message(Code.GET, Options(uri_path=("body",)))
        first = await ask(we.driver, we.remote(port), get)
        whole = await outcome_of(
            lambda done: Download(we.driver.endpoint, we.remote(port), get, done).start(
                first, we.driver.now()
            ),
            we.driver,
        )
    assert bytes(whole.payload) == BODY[:size]
