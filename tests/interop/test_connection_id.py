"""Connection ID (RFC 9146) with Californium's Scandium: a device whose port changes goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lwm2m_server.coap.endpoint import Incoming
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.transport.driver import Driver
from lwm2m_server.transport.handler import Sender
from tests.lwm2m_server.transport.asking import ask
from tests.lwm2m_server.transport.dtls.keyring import KEY, MemoryKeyring

from .java import JavaPeer, java_peer
from .relay import LOOPBACK, Relay
from .secured import Port, opened

pytestmark = pytest.mark.interop

AT = "coaps://127.0.0.1:{}?local=127.0.0.1"
PATIENCE = 15.0


class CountingKeyring(MemoryKeyring):
    """Counts handshakes by the keys that they ask for."""

    handshakes = 0

    def psk(self, identity: str) -> bytes | None:
        self.handshakes += 1
        return super().psk(identity)


@dataclass
class Scene:
    """A device behind a relay, and a server that only knows `/rd`."""

    keyring: CountingKeyring = field(default_factory=CountingKeyring)
    requests: list[Sender] = field(default_factory=list)
    driver: Driver = field(init=False)
    port: Port = field(init=False)
    relay: Relay = field(init=False)
    peer: JavaPeer = field(init=False)

    def rd(self, incoming: Incoming) -> Message:
        session: Sender = incoming.remote  # type: ignore[assignment] # as handlers have it
        self.requests.append(session)
        if len(incoming.message.options.uri_path) == 1:
            return Message(Code.CREATED, Options(location_path=("rd", "1")))
        return Message(Code.CHANGED)

    async def manufacturer(self, session: Sender) -> bytes:
        """Read /3/0/0 from the device."""
        request = Message(Code.GET, Options(uri_path=("3", "0", "0")))
        async with asyncio.timeout(PATIENCE):
            return bytes((await ask(self.driver, session, request)).payload)


@pytest.fixture(params=["openssl", "pion"])
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """A server that terminates DTLS, within the process or beside it."""
    made = Scene()
    made.driver = driver = Driver({"rd": made.rd}, lambda _: Message(Code.NOT_FOUND))
    process = request.getfixturevalue("pion") if request.param == "pion" else None
    async with opened(
        process, LOOPBACK, made.keyring, driver.received, unreachable=driver.unreachable
    ) as made.port:
        yield made
        driver.close()


@asynccontextmanager
async def registered(scene: Scene, java_peers: Path, cid: int) -> AsyncIterator[None]:
    """A device that has registered, behind a relay."""
    async with Relay(scene.port.port) as scene.relay:
        server = f"coaps://127.0.0.1:{scene.relay.port}"
        options = {"server": server, "identity": "dev1", "key": KEY.hex(), "cid": cid}
        async with java_peer(java_peers, "ScandiumPeer", **options) as scene.peer:
            answer = await scene.peer.ask("post", "/rd", "</3/0>", event="answered")
            assert answer["location"] == "rd/1"
            yield


# 0: the device wants none for itself, as most do; 6: records towards it carry one as well.
@pytest.mark.parametrize("cid", [0, 6])
async def test_a_device_that_moves_needs_no_handshake(
    scene: Scene, java_peers: Path, cid: int
) -> None:
    async with registered(scene, java_peers, cid):
        session = scene.requests[-1]
        assert session.address == AT.format(scene.relay.outer)
        assert await scene.manufacturer(session) == b"Californium"
        handshakes = scene.keyring.handshakes

        await scene.relay.rebind()  # what is sent to the old port is lost from now on
        updated = await scene.peer.ask("post", "/rd/1", event="answered")
        assert updated["code"] == "2.04"
        assert scene.requests[-1] is session
        assert await scene.manufacturer(session) == b"Californium"
        assert scene.port.find(session.address, session.identity) is session
        assert scene.keyring.handshakes == handshakes
        assert len(scene.port) == 1
