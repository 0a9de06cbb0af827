"""The server's side of DTLS in a process of its own, with a stand-in for the process."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lwm2m_server.coap.limits import Limits
from lwm2m_server.protocol.identity import Identity, SecurityMode
from lwm2m_server.transport.dtls.process import Counts, ProcessPort, ProcessSession
from lwm2m_server.transport.handler import Sender

ENGINE = (sys.executable, "-P", str(Path(__file__).parent / "engine.py"))
DEV = Identity(SecurityMode.PSK, "dev")
AT = "coaps://192.0.2.7:{}?local=192.0.2.1"
PATIENCE = 10.0


@dataclass
class Keys:
    """The keyring: one key, one certificate."""

    keys: dict[str, bytes] = field(default_factory=lambda: {"dev": b"secret"})

    def psk(self, identity: str) -> bytes | None:
        return self.keys.get(identity)

    def peer_of_certificate(self, der: bytes) -> Identity | None:
        return Identity(SecurityMode.X509, "device 1") if der == b"good" else None

    def peer_of_public_key(self, spki: bytes) -> Identity | None:
        return None

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        return b"CHAIN", b"KEY"


@dataclass
class World:
    port: ProcessPort
    keys: Keys
    texts: "asyncio.Queue[tuple[Sender, bytes]]"
    ended: "asyncio.Queue[tuple[Sender, str]]"
    disproved: list[tuple[Identity, str]]

    async def said(self) -> tuple[Sender, bytes]:
        async with asyncio.timeout(PATIENCE):
            return await self.texts.get()

    async def heard(self, session: Sender, word: str) -> bytes:
        """Send a word and return what comes back."""
        session.send(word.encode())
        return (await self.said())[1]

    async def gone(self) -> tuple[Sender, str]:
        async with asyncio.timeout(PATIENCE):
            return await self.ended.get()


@asynccontextmanager
async def opened(keys: Keys | None = None, limits: Limits | None = None) -> AsyncIterator[World]:
    texts: asyncio.Queue[tuple[Sender, bytes]] = asyncio.Queue()
    ended: asyncio.Queue[tuple[Sender, str]] = asyncio.Queue()
    disproved: list[tuple[Identity, str]] = []

    def received(told: Iterable[tuple[Sender, bytes]]) -> None:
        for one in told:
            texts.put_nowait(one)

    keys = keys or Keys()
    port = await ProcessPort.open(
        ("127.0.0.1", 0),
        ENGINE,
        keys,
        received=received,
        ended=lambda session, why: ended.put_nowait((session, why)),
        limits=limits or Limits(),
        disproved=lambda *told: disproved.append(told),
    )
    try:
        yield World(port, keys, texts, ended, disproved)
    finally:
        await port.aclose()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened() as made:
        await made.said()  # its configuration
        yield made


@pytest.fixture
def session(world: World) -> Sender:
    found = world.port.find(AT.format(1000), DEV)
    assert found is not None
    return found


async def test_is_told_its_limits_and_its_certificate() -> None:
    limits = Limits(sessions=5, session_idle=9.0, handshakes=7, half_open=3, handshake_time=4.0)
    async with opened(limits=limits) as world:
        session, told = await world.said()
    assert session.identity == DEV
    assert told == (
        b'{"sessions": 5, "session_idle": 9.0, "handshakes": 7, "half_open": 3, '
        b'"handshake_time": 4.0, "certificate": "CHAIN", "key": "KEY"}'
    )


async def test_sends_and_receives(world: World, session: Sender) -> None:
    assert session.address == AT.format(1000)
    assert await world.heard(session, "hello") == b"hello"


@pytest.mark.parametrize(("name", "known"), [("dev", True), ("nobody", False)])
async def test_a_key_that_is_not_the_peers_is_told_of(
    world: World, session: Sender, name: str, known: bool
) -> None:
    """Once, and only where the key was given."""
    await world.heard(session, f"key? {name}")
    await world.said()
    for _ in range(2):
        await world.heard(session, "disproved 1007")
    await world.heard(session, "over")
    assert world.disproved == [(DEV, AT.format(1007))] * known


async def test_a_session_is_found_by_address_and_identity(world: World, session: Sender) -> None:
    assert world.port.find(session.address, DEV) is session
    assert world.port.find(session.address, Identity(SecurityMode.PSK, "other")) is None
    assert world.port.find(AT.format(1001), DEV) is None


async def test_a_session_follows_its_peer(world: World, session: Sender) -> None:
    """RFC 9146 §6."""
    await world.heard(session, "move 2000")
    assert isinstance(session, ProcessSession)
    assert session.where == AT.format(2000)
    # Registrations know it by where it was.
    assert world.port.find(AT.format(1000), DEV) is session


async def test_the_end_of_a_session_leaves_its_address_to_the_next(
    world: World, session: Sender
) -> None:
    """RFC 6347 §4.2.8: the new one may be told of before the end of the old one."""
    await world.heard(session, "replace")
    await_gone = asyncio.create_task(world.gone())
    session.send(b"end replaced")
    assert await await_gone == (session, "replaced")
    found = world.port.find(AT.format(1000), DEV)
    assert found is not None
    assert found is not session


async def test_answers_for_the_keyring(world: World, session: Sender) -> None:
    for question, answer in {
        "key? dev": b"KEY 7 secret",
        "key? nobody": b"KEY 7 ",
        "who? good": b"JUDGED 7 device 1",
        "who? bad": b"JUDGED 7 ",
    }.items():
        assert await world.heard(session, question) == question.encode()
        assert (await world.said())[1] == answer


async def test_says_what_it_holds(world: World) -> None:
    assert await world.port.counts() == Counts(sessions=1, half_open=2, heap=3)


async def test_a_revoked_identity_is_cut_off(world: World, session: Sender) -> None:
    world.port.end(DEV)
    assert (await world.gone())[0] is session
    assert world.port.find(AT.format(1000), DEV) is None


async def test_a_key_revoked_during_the_handshake_opens_nothing() -> None:
    async with opened(Keys({})) as world:
        _, why = await world.gone()
        assert why == "the credential was revoked"
        assert world.port.find(AT.format(1000), DEV) is None


async def test_a_former_key_opens_nothing_though_there_is_another_by_its_name(
    world: World, session: Sender
) -> None:
    await world.heard(session, "ask")  # a handshake is told the key
    await world.said()
    world.port.end(DEV)
    assert (await world.gone())[0] is session
    late, why = await world.gone()
    assert (late.address, why) == (AT.format(1001), "the credential was revoked")


@pytest.mark.parametrize("word", ["die", "nonsense"])
async def test_a_process_that_fails_is_started_anew(
    world: World, session: Sender, word: str
) -> None:
    session.send(word.encode())
    assert (await world.gone())[0] is session
    while world.port.find(AT.format(1000), DEV) is None:
        await world.said()
    again = world.port.find(AT.format(1000), DEV)
    assert again is not session


@pytest.mark.parametrize("command", [("/nonexistent",), (sys.executable, "-c", "0")])
async def test_a_program_that_does_not_start_is_said_so(command: tuple[str, ...]) -> None:
    with pytest.raises(OSError, match="does not start"):
        await ProcessPort.open(
            ("127.0.0.1", 0),
            command,
            Keys(),
            received=lambda _: None,
            ended=lambda *_: None,
        )
