"""A secured port of either engine and libcoap's clients, over OpenSSL and over GnuTLS."""

import asyncio
import contextlib
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lwm2m_server.coap.limits import LIMITS, Limits
from lwm2m_server.coap.message import Message, Options, decode, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.protocol.identity import Identity
from lwm2m_server.service.ports import Keyring
from lwm2m_server.transport.dtls.port import Disproved, Ended, Received
from lwm2m_server.transport.dtls.process import ProcessPort
from lwm2m_server.transport.dtls.shell import DtlsPort
from lwm2m_server.transport.handler import Sender
from tests.lwm2m_server.transport.dtls.keyring import KEY, MemoryKeyring
from tests.peers import installed

CLIENTS = ("coap-client-openssl", "coap-client-gnutls")
IDENTITIES = ("dev1", "dev2")
PATIENCE = 30.0
FIRST = b"first"

Port = DtlsPort | ProcessPort


@asynccontextmanager
async def opened(
    process: Path | None,
    host: str,
    keyring: Keyring,
    received: Received,
    *,
    ended: Ended = lambda *_: None,
    unreachable: Callable[[Sender, str], None] = lambda *_: None,
    limits: Limits = LIMITS,
    disproved: Disproved = lambda *_: None,
) -> AsyncIterator[Port]:
    """A port whose DTLS ends in `process`, or within ours."""
    port: Port
    if process is None:
        port = await DtlsPort.open(
            host,
            0,
            keyring,
            received,
            ended,
            unreachable=unreachable,
            limits=limits,
            disproved=disproved,
        )
    else:
        port = await ProcessPort.open(
            (host, 0),
            (str(process),),
            keyring,
            received=received,
            ended=ended,
            limits=limits,
            disproved=disproved,
        )
    try:
        yield port
    finally:
        port.close()
        if isinstance(port, ProcessPort):
            await port.aclose()


@dataclass
class Served:
    """A port that answers every GET, notifies who observes, and follows what its sessions do."""

    port: Port = field(init=False)
    requests: "asyncio.Queue[Sender]" = field(default_factory=asyncio.Queue)
    ended: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    disproved: "asyncio.Queue[tuple[Identity, str]]" = field(default_factory=asyncio.Queue)
    _answered: set[tuple[Sender, int]] = field(default_factory=set)

    def received(self, texts: Iterable[tuple[Sender, bytes]]) -> None:
        for session, text in texts:
            request = decode(text)
            assert isinstance(request, Message)
            if request.code != Code.GET:
                continue
            observe = 1 if request.options.observe == 0 else None
            session.send(encode(_answer(request, Type.ACK, request.id, FIRST, observe)))
            if (session, request.id) in self._answered:
                continue  # it is sent again where the answer takes long (RFC 7252 §4.5)
            self._answered.add((session, request.id))
            self.requests.put_nowait(session)
            for number in (2, 3) if observe else ():
                body = b" then %d" % number
                session.send(encode(_answer(request, Type.NON, 700 + number, body, number)))

    async def next(self) -> Sender:
        """Return the session of the next request."""
        async with asyncio.timeout(PATIENCE):
            return await self.requests.get()

    async def end(self) -> str:
        """Return why the next session ended."""
        async with asyncio.timeout(PATIENCE):
            return await self.ended.get()

    async def counts(self) -> tuple[int, int]:
        """Return how many sessions and how many handshakes under way there are."""
        if isinstance(self.port, DtlsPort):
            return len(self.port), self.port.half_open
        counts = await self.port.counts()
        return counts.sessions, counts.half_open

    async def empty(self) -> None:
        """Return once nothing is left of anybody."""
        async with asyncio.timeout(PATIENCE):
            while await self.counts() != (0, 0):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.001)


def _answer(request: Message, kind: Type, ident: int, body: bytes, observe: int | None) -> Message:
    return Message(Code.CONTENT, Options(observe=observe), body, kind, ident, request.token)


Serving = Callable[..., AbstractAsyncContextManager[Served]]


def serving(process: Path | None) -> Serving:
    """Return how to serve with an engine: a keyring and limits, where others than usual."""

    @asynccontextmanager
    async def serve(
        keyring: MemoryKeyring | None = None, limits: Limits = LIMITS
    ) -> AsyncIterator[Served]:
        served = Served()
        keyring = keyring or MemoryKeyring(dict.fromkeys(IDENTITIES, KEY))
        async with opened(
            process,
            "::1",
            keyring,
            served.received,
            ended=lambda _, why: served.ended.put_nowait(why),
            limits=limits,
            disproved=lambda *told: served.disproved.put_nowait(told),
        ) as served.port:
            yield served

    return serve


# --- libcoap's clients ---------------------------------------------------------------------------


def client(name: str) -> str:
    return installed(name, "libcoap3-bin")


def psk(identity: str = "dev1", key: bytes = KEY) -> tuple[str, ...]:
    return ("-u", identity, "-k", key.decode())


async def run(program: str, port: int, *options: str, host: str = "[::1]", path: str = "x") -> str:
    """Run a client to its end and return what it was answered."""
    process = await asyncio.create_subprocess_exec(
        program, *options, f"coaps://{host}:{port}/{path}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        printed, _ = await process.communicate()
    return printed.decode(errors="replace")


@asynccontextmanager
async def holding(program: str, port: int, *options: str) -> AsyncIterator[None]:
    """A client that has been answered and stays, until it is killed without a close_notify."""
    process = await asyncio.create_subprocess_exec(
        program, *options, "-v", "6", "-s", "60", f"coaps://[::1]:{port}/x",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    printed = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while FIRST not in printed:
                printed += await process.stdout.read(4096)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        rest, _ = await process.communicate()
        sys.stdout.write((printed + rest).decode(errors="replace"))  # shown where the test fails


def free_port() -> int:
    """Return a port that no socket gets by chance: below those that systems give out."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("::1", port))
            except OSError:
                continue
            return port


def certificate_options(folder: Path, chain: bytes, key: bytes) -> tuple[str, ...]:
    """Return what lets a client prove itself by a certificate, and believe any server."""
    (folder / "device.pem").write_bytes(chain)
    (folder / "device.key").write_bytes(key)
    return ("-c", f"{folder}/device.pem", "-j", f"{folder}/device.key", "-n")
