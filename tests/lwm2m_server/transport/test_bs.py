"""The bootstrap server on the loopback interface, with clients that are told each message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any, Self

import pytest

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.bootstrap_configuration import Configuration
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.service.services import Services
from lwm2m_server.transport.bootstrap_server import BootstrapServer
from lwm2m_server.transport.bs import BootstrapInterface
from lwm2m_server.transport.dtls.shell import DtlsPort

from ..protocol.configurations import PLAIN, SECURED, instance
from ..service.world import World, settle, world
from .dtls.client import Client as Dtls
from .dtls.test_shell import Device
from .line import Device as Silent
from .line import Line

PATIENCE = 10.0
BS = ("bs",)


class Client(asyncio.DatagramProtocol):
    """A client in lockstep: what comes is taken one by one, what goes is told in full."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: Any = None

    @classmethod
    @asynccontextmanager
    async def at(cls, port: int) -> AsyncIterator[Self]:
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_datagram_endpoint(cls, remote_addr=("::1", port))
        client.transport = transport
        yield client
        transport.close()

    def datagram_received(self, data: bytes, _: Any) -> None:
        self.came.put_nowait(data)

    def say(self, message: Message) -> None:
        self.transport.sendto(encode(message))

    async def hear(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return decode(await self.came.get())

    async def ask(
        self, *query: str, path: tuple[str, ...] = BS, code: Code = Code.POST, number: int = 1
    ) -> Message:
        options = Options(uri_path=path, uri_query=query)
        self.say(Message(code, options, b"", Type.CON, number, b"tk"))
        answer = await self.hear()
        assert (answer.type, answer.id, answer.token) == (Type.ACK, number, b"tk")
        return answer

    async def answer(self, code: Code, payload: bytes = b"", form: int | None = None) -> Message:
        """Hear a request and answer it; return the request."""
        request = await self.hear()
        options = Options(content_format=form)
        self.say(Message(code, options, payload, Type.ACK, request.id, request.token))
        return request


def shown(message: Message) -> tuple[str, str]:
    return Code(message.code).name, "/" + "/".join(message.options.uri_path)


@dataclass
class Running:
    """The services on fakes of all but the sockets, and the bootstrap server before them."""

    services: Services
    server: BootstrapServer
    port: int


@pytest.fixture
async def running(tmp_path: File) -> AsyncIterator[Running]:
    async with world(tmp_path) as behind:
        server = BootstrapServer(behind.services.bootstrap)
        port = await server.open("::1", 0)
        await behind.services.bootstrap.configurations.put("*", PLAIN)
        yield Running(behind.services, server, port)
        server.close()


@pytest.fixture
async def client(running: Running) -> AsyncIterator[Client]:
    async with Client.at(running.port) as client:
        yield client


async def ended(running: Running) -> dict[str, Any]:
    """Return what is told of the next bootstrap that comes to its end."""
    async with asyncio.timeout(PATIENCE):
        async for event in running.services.events.follow(0):
            if event.kind is EventKind.BOOTSTRAP and event.data["phase"] in {"succeeded", "failed"}:
                return event.data
    raise AssertionError


async def go_on(client: Client) -> list[tuple[str, str]]:
    """Do as a good client does from Discover to Finish."""
    done = [shown(await client.answer(Code.CONTENT, b"</>;lwm2m=1.1,</0/0>", 40))]
    while done[-1] != ("POST", "/bs"):
        done.append(shown(await client.answer(Code.CHANGED)))
    return done


WHOLE = [
    ("GET", "/0"),
    ("DELETE", "/0"),
    ("DELETE", "/1"),
    ("PUT", "/0/1"),
    ("PUT", "/1/0"),
    ("POST", "/bs"),
]


async def test_0_client_initiated_bootstrap(running: Running, client: Client) -> None:
    assert (await client.ask("ep=dev", "pct=112")).code == Code.CHANGED
    assert await go_on(client) == WHOLE
    assert (await ended(running))["phase"] == "succeeded"


async def test_6_each_operation_waits_for_the_answer_before(
    running: Running, client: Client
) -> None:
    await client.ask("ep=dev")
    discover = await client.answer(Code.CONTENT, b"", 40)
    assert (discover.type, discover.options.accept) == (Type.CON, 40)
    delete = await client.hear()
    assert client.came.empty()
    assert shown(delete) == ("DELETE", "/0")
    client.say(Message(Code.DELETED, Options(), b"", Type.ACK, delete.id, delete.token))
    assert shown(await client.answer(Code.DELETED)) == ("DELETE", "/1")
    write = await client.answer(Code.CHANGED)
    assert write.options.content_format == 11542  # nothing is known of its version
    await client.answer(Code.CHANGED)
    finish = await client.answer(Code.CHANGED)
    assert (shown(finish), finish.payload) == (("POST", "/bs"), b"")
    assert (await ended(running))["phase"] == "succeeded"


async def test_7_fall_back_to_bootstrap_is_served_anew(running: Running, client: Client) -> None:
    """A client that its servers refuse comes again, and is told what is meant for it by then."""
    await client.ask("ep=dev")
    await go_on(client)
    await running.services.bootstrap.configurations.put("dev", replace(PLAIN, delete=()))
    await client.ask("ep=dev", number=2)
    assert await go_on(client) == [WHOLE[0], *WHOLE[3:]]


async def test_9_a_client_that_finds_it_inconsistent_is_heard(
    running: Running, client: Client
) -> None:
    await client.ask("ep=dev")
    for _ in range(5):
        await client.answer(Code.CHANGED)
    await client.answer(Code.NOT_ACCEPTABLE)
    assert (await ended(running))["reason"].startswith("Finish: the endpoint answered 4.06")


async def test_a_retransmission_begins_nothing(running: Running, client: Client) -> None:
    await client.ask("ep=dev")
    first = await client.hear()
    assert (await client.ask("ep=dev")).code == Code.CHANGED
    client.say(Message(Code.CONTENT, Options(), b"", Type.ACK, first.id, first.token))
    assert shown(await client.answer(Code.DELETED)) == ("DELETE", "/0")


async def test_a_client_that_starts_anew_with_the_same_bytes_is_heard(
    running: Running, client: Client
) -> None:
    """Simulated ones count their message ids and draw their tokens from the same start."""
    for _ in range(2):
        await client.ask("ep=dev")
        assert await go_on(client) == WHOLE
        await ended(running)
        while running.services.bootstrap.sessions():  # noqa: ASYNC110 - of this turn of the loop
            await asyncio.sleep(0)


async def test_a_body_in_blocks_is_written(running: Running, client: Client) -> None:
    large = instance("/5/0", {0: bytes(range(250)) * 10})
    told = Configuration((*PLAIN.instances, large))
    await running.services.bootstrap.configurations.put("dev", told)
    await client.ask("ep=dev", "pct=11542")
    for _ in range(5):
        await client.answer(Code.CHANGED)
    body = b""
    while len(body) < 2500:
        block = await client.hear()
        assert shown(block) == ("PUT", "/5/0")
        body += bytes(block.payload)
        assert block.options.block1 is not None
        code = Code.CONTINUE if block.options.block1.more else Code.CHANGED
        options = Options(block1=block.options.block1)
        client.say(Message(code, options, b"", Type.ACK, block.id, block.token))
    assert bytes(range(250)) * 10 in body
    assert shown(await client.answer(Code.CHANGED)) == ("POST", "/bs")


# --- addresses that may be forged -----------------------------------------------------------

LARGE = instance("/5/0", {0: bytes(2500)})


@pytest.mark.parametrize("token", [b"", b"t" * 8])
@pytest.mark.parametrize(
    "told",
    [
        PLAIN,
        replace(PLAIN, discover=False),
        replace(PLAIN, discover=False, delete=()),
        Configuration((LARGE,), discover=False, delete=()),
    ],
    ids=["Discover", "Delete", "Write", "blocks"],
)
async def test_who_never_answers_gets_three_times_its_bytes(
    tmp_path: File, told: Configuration, token: bytes
) -> None:
    """Its request may be of somebody who gave the address of another (RFC 7252 §11.3)."""
    line = Line(trusting=False)
    victim = line.device(1, lambda _: None)
    async with world(tmp_path) as behind:
        size, answer = await forged(behind, line, victim, told, token)
        await line.pass_by(700)
        assert behind.services.bootstrap.sessions() == []
    assert victim.requests
    assert answer + sum(len(encode(one)) for one in victim.requests) <= 3 * size


async def test_who_answers_gets_all_of_it(tmp_path: File) -> None:
    line = Line(trusting=False)
    device = line.device(1, lambda _: Message(Code.CHANGED))
    told = Configuration((*PLAIN.instances, LARGE), discover=False, delete=())
    async with world(tmp_path) as behind:
        await forged(behind, line, device, told, b"")
        await line.pass_by(1)
    asked = [shown(request) for request in device.requests]
    assert asked[:4] == [("GET", "/0"), ("PUT", "/0/1"), ("PUT", "/1/0"), ("PUT", "/5/0")]


async def forged(
    behind: World, line: Line, device: Silent, told: Configuration, token: bytes
) -> tuple[int, int]:
    """Ask in the name of a device; return the size of that, and of its answer."""
    await behind.services.bootstrap.configurations.put("*", told)
    interface = BootstrapInterface(behind.services.bootstrap, PATIENCE)
    interface.driver = line
    options = Options(uri_path=BS, uri_query=("ep=d",))
    asked = Message(Code.POST, options, b"", Type.CON, 1, token)
    size = len(encode(asked))
    answer = interface.request(Incoming(device.at, asked, size))
    await settle()
    return size, len(encode(replace(answer, token=token)))


@pytest.mark.parametrize(
    ("path", "code", "query", "answer"),
    [
        (BS, Code.GET, ("ep=dev",), "4.05"),
        (BS, Code.POST, (), "4.00"),
        (BS, Code.POST, ("ep=dev", "ep=dev"), "4.00"),
        (BS, Code.POST, ("ep=dev", "pct=x"), "4.00"),
        (("bs", "1"), Code.POST, ("ep=dev",), "4.04"),
        (("bspack",), Code.POST, ("ep=dev",), "4.05"),
        (("bspack", "1"), Code.GET, ("ep=dev",), "4.04"),
        (("rd",), Code.POST, ("ep=dev",), "4.04"),
        ((), Code.GET, (), "4.04"),
    ],
)
async def test_what_is_not_served_is_told(
    client: Client, path: tuple[str, ...], code: Code, query: tuple[str, ...], answer: str
) -> None:
    response = await client.ask(*query, path=path, code=code)
    assert f"{response.code >> 5}.{response.code & 31:02}" == answer


@pytest.mark.proves("bootstrap-pack")
async def test_bootstrap_pack(running: Running, client: Client) -> None:
    """In small blocks: who has not proven its address gets no more than three times its bytes."""
    payload, more = b"", True
    options = Options(uri_path=("bspack",), uri_query=("ep=dev",), accept=110)
    while more:
        client.say(Message(Code.GET, options, b"", Type.CON, 100 + len(payload), b"p"))
        part = await client.hear()
        assert (part.code, part.options.content_format) == (Code.CONTENT, 110)
        payload += bytes(part.payload)
        block = part.options.block2
        more = block is not None and block.more
        if block is not None:
            options = options.but(block2=Block(len(payload) // block.size, False, block.exponent))
    names = {record.get("bn", "") + record.get("n", "") for record in json.loads(payload)}
    assert any(name.endswith("0/1/0") for name in names)
    recent = await running.services.events.recent(0, 100)
    assert [one.data["phase"] for one in recent if one.kind is EventKind.BOOTSTRAP] == ["packed"]


async def test_an_endpoint_for_which_nothing_is_meant_is_refused(
    running: Running, client: Client
) -> None:
    await running.services.bootstrap.configurations.remove("*")
    refused = await client.ask("ep=dev", "what-makes-room-for-a-diagnostic=" + "x" * 100)
    assert refused.code == Code.BAD_REQUEST
    assert b"dev has no bootstrap configuration" in bytes(refused.payload)


# --- over DTLS ------------------------------------------------------------------------------


@asynccontextmanager
async def connected(running: Running) -> AsyncIterator[Device]:
    server, credentials = running.server, running.services.bootstrap.credentials
    key = (await credentials.add(NewCredential("dev"))).key
    assert key is not None
    port = await DtlsPort.open(
        *("::1", 0, credentials, server.driver.received, server.lost),
        unreachable=server.driver.unreachable,
    )
    server.secured_by(port)
    device = Device(port.port, Dtls(identity="dev", key=key))
    await device.connect()
    yield device
    device.close()
    port.close()


async def told(device: Device) -> Message:
    async with asyncio.timeout(PATIENCE):
        while True:
            for datagram in device.client.read(await device.receive()):
                return decode(datagram)


async def test_1_bootstrap_over_psk(running: Running) -> None:
    await running.services.bootstrap.configurations.put("dev", SECURED)
    async with connected(running) as device:
        asked = Message(Code.POST, Options(uri_path=BS), b"", Type.CON, 1, b"t")  # ep by identity
        device.send(device.client.seal(encode(asked)))
        assert (await told(device)).code == Code.CHANGED
        done = []
        while not done or done[-1] != ("POST", "/bs"):
            request = await told(device)
            done.append(shown(request))
            answer = Message(Code.CHANGED, Options(), b"", Type.ACK, request.id, request.token)
            device.send(device.client.seal(encode(answer)))
        assert done == WHOLE
        assert (await ended(running))["phase"] == "succeeded"


async def test_a_session_that_is_lost_ends_the_bootstrap(running: Running) -> None:
    await running.services.bootstrap.configurations.put("dev", SECURED)
    async with connected(running) as device:
        asked = Message(Code.POST, Options(uri_path=BS), b"", Type.CON, 1, b"t")
        device.send(device.client.seal(encode(asked)))
        await told(device)
        await told(device)
        device.send(device.client.close())
        assert (await ended(running))["reason"].startswith("while discovering:")
