"""DTLS with libcoap's clients, one over OpenSSL and one over GnuTLS, neither of them ours."""

import asyncio
import os
import random
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.session import Session
from lwm2m_server.transport.dtls.shell import DtlsPort
from tests.lwm2m_server.transport.dtls.certificates import certificate, der, pem
from tests.lwm2m_server.transport.dtls.keyring import KEY, MemoryKeyring
from tests.lwm2m_server.transport.waiting import until

pytestmark = pytest.mark.interop

CLIENTS = ("coap-client-openssl", "coap-client-gnutls")
DEVICE = Identity(SecurityMode.PSK, "dev1")
PATIENCE = 15.0


@pytest.fixture(params=CLIENTS)
def program(request: pytest.FixtureRequest) -> str:
    """Return a client's program; a skip where it is not there, a failure in CI."""
    return installed(request.param)


def installed(name: str) -> str:
    if shutil.which(name) is None:
        why = f"not installed: {name} (libcoap3-bin)"
        if os.environ.get("REQUIRE_PEERS"):
            pytest.fail(why)
        pytest.skip(why)
    return name


@dataclass
class Served:
    """A port that answers every GET, and notifies who observes."""

    keyring: MemoryKeyring
    port: DtlsPort = field(init=False)
    requests: list[tuple[Session, Message]] = field(default_factory=list)
    others: list[Message] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def open(self, limits=LIMITS) -> None:
        self.port = await DtlsPort.open(
            "::1",
            0,
            self.keyring,
            self._received,
            lambda _, why: self.ended.append(why),
            unreachable=lambda *_: None,
            limits=limits,
        )

    def _received(self, pairs) -> None:
        for session, datagram in pairs:
            request = decode(datagram)
            if request.code != Code.GET:
                self.others.append(request)
                continue
            self.requests.append((session, request))
            answer = Message(
                Code.CONTENT, Options(observe=request.options.observe and None), b"first",
                Type.ACK, request.id, request.token,
            )  # fmt: skip
            if request.options.observe == 0:
                answer.options.observe = 1
            session.send(encode(answer))
            if request.options.observe == 0:
                for number in (2, 3):
                    session.send(encode(notification(request, number)))


def notification(request: Message, number: int) -> Message:
    return Message(
        Code.CONTENT, Options(observe=number), b" then %d" % number, Type.NON, 700 + number,
        request.token,
    )  # fmt: skip


@asynccontextmanager
async def serving(keyring: MemoryKeyring | None = None, limits=LIMITS) -> AsyncIterator[Served]:
    served = Served(keyring or MemoryKeyring())
    await served.open(limits)
    try:
        yield served
    finally:
        served.port.close()


async def run(program: str, port: int, *options: str, host: str = "[::1]", path: str = "x") -> str:
    """Run a client to its end and return what it was answered."""
    process = await asyncio.create_subprocess_exec(
        program, *options, f"coaps://{host}:{port}/{path}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        printed, _ = await process.communicate()
    return printed.decode(errors="replace")


def psk(identity: str = "dev1", key: bytes = KEY) -> tuple[str, ...]:
    return ("-u", identity, "-k", key.decode())


async def test_a_client_asks_and_is_answered(program):
    async with serving() as served:
        assert "first" in await run(program, served.port.port, *psk())
        assert [session.identity for session, _ in served.requests] == [DEVICE]
        await until(lambda: served.ended)
        assert served.ended == ["the peer closed the session"]
        assert len(served.port) == served.port.half_open == 0


async def test_a_client_observes_and_is_notified(program):
    async with serving() as served:
        printed = await run(program, served.port.port, *psk(), "-s", "1")
        assert printed.strip() == "first then 2 then 3"


async def test_a_wrong_key_is_refused_and_nothing_is_left_of_it(program):
    async with serving(limits=replace(LIMITS, handshake_time=2.5)) as served:
        wrong = psk(key=b"another key 0123")
        assert "first" not in await run(program, served.port.port, *wrong, "-B", "2")
        assert served.requests == []
        assert len(served.port) == 0
        await until(lambda: served.port.half_open == 0)


async def test_an_unknown_identity_is_refused_and_nothing_is_left_of_it(program):
    async with serving() as served:
        printed = await run(program, served.port.port, *psk("nobody"), "-B", "2")
        assert "first" not in printed
        assert served.port.counts.failed >= 1
        assert served.requests == []
        assert len(served.port) == served.port.half_open == 0


class Meddler(asyncio.DatagramProtocol):
    """A relay that sends to the server, for each datagram, what `meddle` makes of it."""

    def __init__(self, port: int, meddle: Callable[[bytes], list[bytes]]) -> None:
        self._meddle = meddle
        self._server = ("::1", port)
        self._client: tuple | None = None
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: tuple) -> None:
        if source[1] == self._server[1]:
            self.transport.sendto(data, self._client)
            return
        self._client = source
        for datagram in self._meddle(data):
            self.transport.sendto(datagram, self._server)


def flipped(datagram: bytes) -> bytes:
    return datagram[:-1] + bytes((datagram[-1] ^ 0x40,))


MEDDLING = {
    "replayed": lambda d: [d, d, d],
    "truncated copies before each": lambda d: [d[: len(d) // 2], d[:-1], d[:13], d],
    # A handshake message with a wrong bit may be refused: only what is protected is damaged.
    "damaged copies before each": lambda d: [flipped(d), d] if d[0] == 23 else [d],
    "garbage before each": lambda d: [b"", b"\x16", bytes(100), b"\x17\xfe\xfd" + bytes(60), d],
}


@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING)
async def test_what_is_replayed_or_damaged_is_dropped_and_leaves_nothing(program, meddle):
    loop = asyncio.get_running_loop()
    async with serving() as served:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Meddler(served.port.port, meddle), local_addr=("::1", 0)
        )
        relay = transport.get_extra_info("sockname")[1]
        try:
            assert "first" in await run(program, relay, *psk())
            assert len(served.requests) == 1
            await until(lambda: served.ended)
            assert len(served.port) == served.port.half_open == 0
        finally:
            transport.close()


def free_port() -> int:
    """Return a port that no socket gets by chance: below those that systems give out."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("::1", port))
            except OSError:
                continue
            return port


@pytest.mark.parametrize("identity", ["dev1", "dev2"])
async def test_a_device_that_restarts_begins_anew_from_its_port(program, identity):
    """RFC 6347 §4.2.8: the server has a session with that address, the device knows of none."""
    keys = {"dev1": KEY, "dev2": KEY}
    async with serving(MemoryKeyring(keys)) as served:
        source = str(free_port())
        first = await asyncio.create_subprocess_exec(
            program, *psk(), "-p", source, "-s", "60", f"coaps://[::1]:{served.port.port}/x",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await until(lambda: served.requests)
        first.kill()  # without a close_notify
        await first.wait()
        assert "first" in await run(program, served.port.port, *psk(identity), "-p", source)
        sessions = [session for session, _ in served.requests]
        assert [s.identity.name for s in sessions] == ["dev1", identity]
        assert sessions[0].key == sessions[1].key
        assert served.ended[0] == "a new handshake took the place of the session"


@pytest.fixture(scope="module")
def device_certificate():
    return certificate("device")


async def test_a_certificate_opens_a_session(program, device_certificate, tmp_path: Path):
    chain, key = pem(*device_certificate)
    (tmp_path / "device.pem").write_bytes(chain)
    (tmp_path / "device.key").write_bytes(key)
    own = pem(*certificate("server"))
    keyring = MemoryKeyring(own=own, trusted=[der(device_certificate[0])])
    options = ("-c", f"{tmp_path}/device.pem", "-j", f"{tmp_path}/device.key", "-n")
    async with serving(keyring) as served:
        assert "first" in await run(program, served.port.port, *options)
        assert [session.identity for session, _ in served.requests] == [
            Identity(SecurityMode.X509, "device")
        ]
        keyring.trusted.clear()
        assert "first" not in await run(program, served.port.port, *options, "-B", "2")
        assert len(served.requests) == 1
