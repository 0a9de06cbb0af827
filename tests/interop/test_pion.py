"""The process that terminates DTLS, with what strangers send and with what befalls it.

What it has in common with the engine within ours is in `test_libcoap_dtls`.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.coap.message import Message, Options, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.transport.dtls import frames
from lwm2m_server.transport.dtls.frames import LIMITS_TOLD, Frames, Kind
from tests.lwm2m_server.transport.dtls.cid_client import CidClient
from tests.lwm2m_server.transport.dtls.client import Client
from tests.lwm2m_server.transport.dtls.keyring import KEY, MemoryKeyring

from .java import java_peer
from .secured import CLIENTS, Serving, client, holding, psk, run, serving

pytestmark = pytest.mark.interop

PATIENCE = 15.0
CROWDED_OUT = "no room: it was silent longest"


@pytest.fixture
def serve(pion: Path) -> Serving:
    return serving(pion)


@pytest.fixture
def program() -> str:
    return client(CLIENTS[0])


async def test_a_hello_without_its_cookie_does_not_touch_a_session(
    serve: Serving, program: str
) -> None:
    async with serve() as served:
        async with holding(program, served.port.port, *psk()):
            session = await served.next()
            port = int(session.address.split("]:")[1].split("?")[0])
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("::1", port))  # the client's own address, as in an invented datagram
            stranger.connect(("::1", served.port.port))
            for datagram in (HELLO, HELLO[:13] + b"\x0e" + HELLO[14:], ALERT):
                stranger.send(datagram)
            assert await served.counts() == (1, 0)


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


async def test_nothing_is_kept_before_the_cookie(serve: Serving) -> None:
    async with serve() as served:
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


async def test_garbage_costs_nothing(serve: Serving, program: str) -> None:
    draw = random.Random(9146)
    async with serve() as served:
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
                    assert await served.counts() == (0, 0)
        assert (await served.port.counts()).heap < before + 8 * 1024 * 1024
        assert "first" in await run(program, served.port.port, *psk())


async def test_a_full_table_refuses_unless_somebody_is_idle(serve: Serving, program: str) -> None:
    crowded = replace(LIMITS, sessions=1)
    async with serve(limits=crowded) as served, holding(program, served.port.port, *psk()):
        await served.next()
        assert "first" not in await run(program, served.port.port, *psk("dev2"), "-B", "2")
    idle = replace(crowded, session_idle=0.0)
    async with serve(limits=idle) as served, holding(program, served.port.port, *psk()):
        await served.next()
        assert "first" in await run(program, served.port.port, *psk("dev2"))
        assert await served.end() == CROWDED_OUT


async def test_a_revoked_identity_is_cut_off(serve: Serving, program: str) -> None:
    async with serve() as served, contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(holding(program, served.port.port, *psk()))
        session = await served.next()
        served.port.end(session.identity)
        assert await served.end() == "the credential was revoked"
        await served.empty()


async def test_a_process_that_is_killed_comes_back(serve: Serving, program: str) -> None:
    async with serve() as served:
        async with holding(program, served.port.port, *psk()):
            await served.next()
            assert served.port.pid is not None
            os.kill(served.port.pid, signal.SIGKILL)
            assert await served.end() == "the process that terminates DTLS has ended"
        assert "first" in await run(program, served.port.port, *psk())


async def test_the_process_goes_with_the_server_and_frees_the_port(serve: Serving) -> None:
    async with serve() as served:
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


def get(number: int) -> bytes:
    return encode(Message(Code.GET, Options(uri_path=("x",)), b"", Type.CON, number, b"t"))


async def test_plaintext_ends_no_session_whatever_it_hides_behind(serve: Serving) -> None:
    """RFC 6347 §4.1.2.7: a Connection ID is no secret, and anybody may put it into a datagram."""
    async with serve() as served:
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
        device.send(client.seal(get(7)))
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
        device.send(client.seal(get(8)))
        assert client.read(device.recv(2048))
        assert not client.closed


async def test_many_begin_at_once(serve: Serving) -> None:
    """Each handshake keeps what it began with, whatever comes to the socket meanwhile."""
    async with serve(MemoryKeyring({f"dev{n}": KEY for n in range(64)})) as served:
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
