"""The process that terminates DTLS, with libcoap's clients and with what strangers send."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls import frames
from lwm2m_server.transport.dtls.frames import LIMITS_TOLD, Frames, Kind
from lwm2m_server.transport.dtls.process import ProcessPort
from lwm2m_server.transport.handler import Sender
from tests.lwm2m_server.transport.dtls.certificates import certificate, der, pem
from tests.lwm2m_server.transport.dtls.cid_client import CidClient
from tests.lwm2m_server.transport.dtls.client import Client
from tests.lwm2m_server.transport.dtls.keyring import KEY, MemoryKeyring

from .java import java_peer
from .test_libcoap_dtls import CLIENTS, MEDDLING, Meddler, free_port, installed, psk, run

pytestmark = pytest.mark.interop

IDENTITIES = ("dev1", "dev2")
PATIENCE = 15.0
REPLACED = "a new handshake took the place of the session"
CROWDED_OUT = "no room: it was silent longest"
LEFT = "the peer closed the session"


@pytest.fixture(params=CLIENTS)
def program(request: pytest.FixtureRequest) -> str:
    return installed(request.param)


@dataclass
class Served:
    """A port that answers every GET, and follows what happens to its sessions."""

    port: ProcessPort = field(init=False)
    requests: "asyncio.Queue[Sender]" = field(default_factory=asyncio.Queue)
    ended: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    def received(self, texts: Iterable[tuple[Sender, bytes]]) -> None:
        for session, text in texts:
            request = decode(text)
            if request.code != Code.GET:
                continue
            answer = Message(
                Code.CONTENT, Options(observe=request.options.observe), b"first",
                Type.ACK, request.id, request.token,
            )  # fmt: skip
            session.send(encode(answer))
            self.requests.put_nowait(session)

    async def next(self) -> Sender:
        async with asyncio.timeout(PATIENCE):
            return await self.requests.get()

    async def end(self) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self.ended.get()

    async def empty(self) -> None:
        """Return once nothing is left in the process."""
        async with asyncio.timeout(PATIENCE):
            while (counts := await self.port.counts()).sessions or counts.half_open:
                pass


@asynccontextmanager
async def serving(
    program: Path, keyring: MemoryKeyring | None = None, limits: Limits = LIMITS
) -> AsyncIterator[Served]:
    served = Served()
    served.port = await ProcessPort.open(
        ("::", 0),
        (str(program),),
        keyring or MemoryKeyring(dict.fromkeys(IDENTITIES, KEY)),
        received=served.received,
        ended=lambda _, why: served.ended.put_nowait(why),
        limits=limits,
    )
    try:
        yield served
    finally:
        await served.port.aclose()


@asynccontextmanager
async def holding(program: str, port: int, *options: str) -> AsyncIterator[None]:
    """A client that stays until it is killed, without a close_notify."""
    # What it prints is shown where the test fails.
    client = await asyncio.create_subprocess_exec(
        program, *options, "-v", "6", "-s", "60", f"coaps://[::1]:{port}/x"
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            client.kill()
        await client.wait()


async def test_a_client_asks_and_is_answered(pion: Path, program: str) -> None:
    async with serving(pion) as served:
        assert "first" in await run(program, served.port.port, *psk())
        session = await served.next()
        assert session.identity == Identity(SecurityMode.PSK, "dev1")
        assert session.address.startswith("coaps://[::1]:")
        assert session.address.endswith("?local=::1")
        assert await served.end() == LEFT
        await served.empty()


async def test_a_wrong_key_is_refused_and_nothing_is_left_of_it(pion: Path, program: str) -> None:
    async with serving(pion, limits=replace(LIMITS, handshake_time=2.5)) as served:
        wrong = psk(key=b"another key 0123")
        assert "first" not in await run(program, served.port.port, *wrong, "-B", "2")
        await served.empty()
        assert served.requests.empty()


async def test_an_unknown_identity_is_refused_and_nothing_is_left_of_it(
    pion: Path, program: str
) -> None:
    async with serving(pion) as served:
        assert "first" not in await run(program, served.port.port, *psk("nobody"), "-B", "2")
        await served.empty()
        assert served.requests.empty()


async def test_a_certificate_opens_a_session(pion: Path, program: str, tmp_path: Path) -> None:
    device = certificate("device")
    chain, key = pem(*device)
    (tmp_path / "device.pem").write_bytes(chain)
    (tmp_path / "device.key").write_bytes(key)
    keyring = MemoryKeyring(own=pem(*certificate("server")), trusted=[der(device[0])])
    options = ("-c", f"{tmp_path}/device.pem", "-j", f"{tmp_path}/device.key", "-n")
    async with serving(pion, keyring) as served:
        assert "first" in await run(program, served.port.port, *options)
        assert (await served.next()).identity == Identity(SecurityMode.X509, "device")
        keyring.trusted.clear()
        assert "first" not in await run(program, served.port.port, *options, "-B", "2")
        await served.empty()


@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING)
async def test_what_is_replayed_or_damaged_is_dropped(pion: Path, program: str, meddle) -> None:
    loop = asyncio.get_running_loop()
    async with serving(pion) as served:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Meddler(served.port.port, meddle), local_addr=("::1", 0)
        )
        with contextlib.closing(transport):
            relay = transport.get_extra_info("sockname")[1]
            assert "first" in await run(program, relay, *psk())
            await served.empty()
            assert served.requests.qsize() == 1


@pytest.mark.parametrize("identity", IDENTITIES)
async def test_a_device_that_restarts_begins_anew_from_its_port(
    pion: Path, program: str, identity: str
) -> None:
    """RFC 6347 §4.2.8: the server has a session with that address, the device knows of none."""
    async with serving(pion) as served:
        source = ("-p", str(free_port()))
        async with holding(program, served.port.port, *psk(), *source):
            first = await served.next()
        assert "first" in await run(program, served.port.port, *psk(identity), *source)
        second = await served.next()
        assert second.identity.name == identity
        assert second.address == first.address
        assert await served.end() == REPLACED


async def test_a_hello_without_its_cookie_does_not_touch_a_session(pion: Path) -> None:
    program = installed(CLIENTS[0])
    async with serving(pion) as served:
        async with holding(program, served.port.port, *psk()):
            session = await served.next()
            port = int(session.address.split("]:")[1].split("?")[0])
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("::1", port))  # the client's own address, as in an invented datagram
            stranger.connect(("::1", served.port.port))
            for datagram in (HELLO, HELLO[:13] + b"\x0e" + HELLO[14:], ALERT):
                stranger.send(datagram)
            counts = await served.port.counts()
        assert (counts.sessions, counts.half_open) == (1, 0)


def hello(message: int = 0, cookie: bytes = b"") -> bytes:
    """A ClientHello of DTLS 1.2 (RFC 6347 §4.2.2, RFC 5246 §7.4.1.2) for PSK with CCM_8."""
    suites = bytes.fromhex("0002c0a8")
    body = b"\xfe\xfd" + bytes(32) + b"\x00" + bytes((len(cookie),)) + cookie
    body += suites + b"\x01\x00"
    length = len(body).to_bytes(3, "big")
    handshake = b"\x01" + length + message.to_bytes(2, "big") + bytes(3) + length + body
    number = message.to_bytes(6, "big")
    return b"\x16\xfe\xfd\x00\x00" + number + len(handshake).to_bytes(2, "big") + handshake


HELLO = hello()
ALERT = bytes.fromhex("15fefd000000000000000100020228")  # fatal, handshake_failure, epoch 0


async def test_nothing_is_kept_before_the_cookie(pion: Path) -> None:
    async with serving(pion) as served:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
            stranger.settimeout(PATIENCE)
            stranger.connect(("::1", served.port.port))
            for _ in range(2000):
                stranger.send(HELLO)
                verify = stranger.recv(2048)
                assert len(verify) <= len(HELLO)
            cookie = verify[-32:]
            stranger.send(hello(1, bytes(32)))
            assert (await served.port.counts()).half_open == 0
            stranger.send(hello(1, cookie))
            flight = stranger.recv(2048)
            assert flight[13] == 2  # ServerHello
            assert (await served.port.counts()).half_open == 1


async def test_garbage_costs_nothing(pion: Path) -> None:
    draw = random.Random(9146)
    program = installed(CLIENTS[0])
    async with serving(pion) as served:
        before = (await served.port.counts()).heap
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("::1", served.port.port))
            for number in range(20_000):
                datagram = bytearray(draw.randbytes(draw.randrange(1, 200)))
                if number % 2:  # something that begins like a record
                    datagram[:3] = bytes((draw.choice((20, 21, 22, 23, 25)), 0xFE, 0xFD))
                if number % 4 == 1:
                    datagram = bytearray(HELLO)
                    datagram[draw.randrange(len(HELLO))] = draw.randrange(256)
                stranger.send(datagram)
                if number % 64 == 0:
                    counts = await served.port.counts()
                    assert (counts.sessions, counts.half_open) == (0, 0)
        assert counts.heap < before + 8 * 1024 * 1024
        assert "first" in await run(program, served.port.port, *psk())


async def test_a_full_table_refuses_unless_somebody_is_idle(pion: Path) -> None:
    program = installed(CLIENTS[0])
    crowded = replace(LIMITS, sessions=1)
    async with serving(pion, limits=crowded) as served, holding(program, served.port.port, *psk()):
        await served.next()
        assert "first" not in await run(program, served.port.port, *psk("dev2"), "-B", "2")
    idle = replace(crowded, session_idle=0.0)
    async with serving(pion, limits=idle) as served, holding(program, served.port.port, *psk()):
        await served.next()
        assert "first" in await run(program, served.port.port, *psk("dev2"))
        assert await served.end() == CROWDED_OUT


async def test_a_revoked_identity_is_cut_off(pion: Path) -> None:
    program = installed(CLIENTS[0])
    async with serving(pion) as served, contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(holding(program, served.port.port, *psk()))
        session = await served.next()
        served.port.end(session.identity)
        assert await served.end() == "the credential was revoked"
        await served.empty()


async def test_a_process_that_is_killed_comes_back(pion: Path) -> None:
    program = installed(CLIENTS[0])
    async with serving(pion) as served:
        async with holding(program, served.port.port, *psk()):
            await served.next()
            assert served.port.pid is not None
            os.kill(served.port.pid, signal.SIGKILL)
            assert await served.end() == "the process that terminates DTLS has ended"
        assert "first" in await run(program, served.port.port, *psk())


async def test_the_process_goes_with_the_server_and_frees_the_port(pion: Path) -> None:
    async with serving(pion) as served:
        port = served.port.port
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as free:
        free.bind(("::", port))


async def test_a_server_that_does_not_read_costs_no_memory(pion: Path, java_peers: Path) -> None:
    """The process is led by hand here, so that its stream can be left alone."""
    loop = asyncio.get_running_loop()
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    ours, theirs = socket.socketpair()
    with udp, ours:
        udp.bind(("::", 0))
        with theirs:
            process = await asyncio.create_subprocess_exec(
                str(pion), str(udp.fileno()), stdin=theirs.fileno(), pass_fds=(udp.fileno(),)
            )
        told = {name: getattr(LIMITS, name) for name in LIMITS_TOLD}
        told |= {"certificate": "", "key": ""}
        ours.sendall(frames.encode(Kind.CONFIGURE, 0, json.dumps(told).encode()))
        ours.setblocking(False)
        options = {"server": f"coaps://127.0.0.1:{udp.getsockname()[1]}"}
        options |= {"identity": "dev1", "key": KEY.hex()}
        async with java_peer(java_peers, "ScandiumPeer", **options) as peer:
            peer.tell("flood", "20000", "/x")
            reader = Frames()
            opened = False
            while not opened:
                for frame in reader.feed(await loop.sock_recv(ours, 65536)):
                    opened = opened or frame.kind is Kind.OPENED
                    if frame.kind is Kind.ASK_KEY:
                        ours.sendall(frames.encode(Kind.KEY, frame.session, KEY))
            await peer.event("flooded")
            assert resident(process.pid) < 64 * 1024 * 1024
        ours.close()
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0


def resident(pid: int) -> int:
    """Return a process's resident memory in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


GET = encode(Message(Code.GET, Options(uri_path=("x",)), b"", Type.CON, 7, b"t"))


async def test_plaintext_ends_no_session_whatever_it_hides_behind(pion: Path) -> None:
    """RFC 6347 §4.1.2.7: a Connection ID is no secret, and anybody may put it into a datagram."""
    async with serving(pion) as served:
        await asyncio.to_thread(talk_with_strangers_about, served.port.port)
        assert (await served.port.counts()).sessions == 1
        assert served.ended.empty()
        assert served.requests.qsize() == 2


def talk_with_strangers_about(port: int) -> None:
    """Ask once, let a stranger send plaintext to the session in every guise, and ask again."""
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as device,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger,
    ):
        for sock in (device, stranger):
            sock.settimeout(PATIENCE)
            sock.connect(("::1", port))
        client = CidClient()
        flight = client.step()
        while not client.done:
            for datagram in flight:
                device.send(datagram)
            flight = client.step(device.recv(2048))
        device.send(client.seal(GET))
        assert client.read(device.recv(2048))
        cid = client.peer_cid
        assert cid
        replayed = client.seal(b"")
        device.send(replayed)
        for kind in (20, 21, 22, 23, 24, 25):
            of_epoch_0 = bytes((kind,)) + b"\xfe\xfd" + (99).to_bytes(8, "big")
            stranger.send(replayed + of_epoch_0 + b"\0\2\2\x28")
            stranger.send(b"\x19" + of_epoch_0[1:] + cid + b"\0\2\2" + bytes((kind,)))
        stranger.send(HELLO)  # answered: what came before it has been dealt with
        stranger.recv(2048)
        device.send(client.seal(GET))
        assert client.read(device.recv(2048))
        assert not client.closed


async def test_many_begin_at_once(pion: Path) -> None:
    """Each handshake keeps what it began with, whatever comes to the socket meanwhile."""
    async with serving(pion, MemoryKeyring({f"dev{n}": KEY for n in range(64)})) as served:
        await asyncio.to_thread(all_at_once, served.port.port, 64)
        assert (await served.port.counts()).sessions == 64


def all_at_once(port: int, count: int) -> None:
    """Make `count` handshakes, every step of all of them before the next."""
    clients = []
    for number in range(count):
        device = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        device.settimeout(PATIENCE)
        device.connect(("::1", port))
        clients.append((device, Client(identity=f"dev{number}")))
    flights = [client.step() for _, client in clients]
    while any(flights):
        for (device, _), flight in zip(clients, flights, strict=True):
            for datagram in flight:
                device.send(datagram)
        flights = [
            [] if client.done else client.step(device.recv(2048)) for device, client in clients
        ]
    assert all(client.done for _, client in clients)
    for device, _ in clients:
        device.close()
