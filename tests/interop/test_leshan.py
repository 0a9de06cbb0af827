"""Eclipse Leshan's client against the whole server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.service.errors import NotRegistered, OperationRefused
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.settings import DtlsEngine, Settings
from objects.path import Path as LwM2MPath

from .java import JavaPeer, java_peer
from .relay import Relay

pytestmark = pytest.mark.interop

ENDPOINT = "urn:dev:leshan"
MODELS = Path(__file__).parents[2] / "objects" / "registry"
BODY = bytes(range(256)) * 12  # three blocks of 1024 bytes
PATIENCE = 20.0


@dataclass
class Scene:
    server: Running
    peer: JavaPeer
    relay: Relay

    async def value(self, path: str) -> object:
        """Read one resource, through the server."""
        (found,) = await self.server.services.management.read(ENDPOINT, LwM2MPath.parse(path))
        return found.value

    async def happened(self, kind: EventKind) -> Event:
        """Return the first event of a kind."""
        async with asyncio.timeout(PATIENCE):
            async for event in self.server.services.events.follow(0):
                if event.kind is kind:
                    return event
        raise AssertionError


@asynccontextmanager
async def registered(
    tmp_path: Path, java_peers: Path, engine: DtlsEngine | None
) -> AsyncIterator[Scene]:
    """Leshan's client, registered over DTLS where `engine` is told, behind a relay."""
    settings = Settings(
        data=tmp_path,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        dtls_engine=engine or DtlsEngine.OPENSSL,
        allow_nosec=engine is None,
    )
    async with serving(settings) as server:
        secured = await credential(server) if engine else {}
        port = server.coaps_port if engine else server.coap_port
        async with Relay(port) as relay:
            options = {
                "server": f"{'coaps' if engine else 'coap'}://127.0.0.1:{relay.port}",
                "endpoint": ENDPOINT,
                "objects": "3,5,26242",
                "models": MODELS,
                **secured,
            }
            async with java_peer(java_peers, "LeshanPeer", **options) as peer:
                await peer.ask("register", event="registered")
                yield Scene(server, peer, relay)


async def credential(server: Running) -> dict[str, object]:
    """Have the server make a key; return the client's options for it, with Connection ID."""
    issued = await server.services.credentials.add(NewCredential(ENDPOINT))
    assert issued.key is not None
    return {"identity": issued.credential.identity, "key": issued.key.hex(), "cid": 0}


def engine_of(request: pytest.FixtureRequest) -> DtlsEngine | None:
    """Return the engine that a test is for; a skip where it cannot be built, a failure in CI."""
    engine: DtlsEngine | None = request.param
    if engine is DtlsEngine.PION:
        request.getfixturevalue("pion")
    return engine


@pytest.fixture(params=[None, *DtlsEngine], ids=["nosec", *DtlsEngine])
async def scene(
    tmp_path: Path, java_peers: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    async with registered(tmp_path, java_peers, engine_of(request)) as opened:
        yield opened


@pytest.fixture(params=list(DtlsEngine))
async def secured(
    tmp_path: Path, java_peers: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    async with registered(tmp_path, java_peers, engine_of(request)) as opened:
        yield opened


async def test_registers_updates_and_deregisters(scene: Scene) -> None:
    registration = scene.server.services.gateway.registration(ENDPOINT)
    assert registration.lwm2m_version == "1.1"
    assert {path.object_id for path in registration.objects} >= {1, 3, 5, 26242}

    await scene.peer.ask("update", event="updated")
    again = scene.server.services.gateway.registration(ENDPOINT)
    assert again.id == registration.id
    assert again.updated_at > registration.updated_at

    await scene.peer.ask("deregister", event="deregistered")
    with pytest.raises(NotRegistered):
        scene.server.services.gateway.registration(ENDPOINT)


async def test_is_read_written_and_executed(scene: Scene) -> None:
    management = scene.server.services.management
    device = {value.name: value.value for value in await management.read(ENDPOINT, LwM2MPath(3, 0))}
    assert device["Supported Binding and Modes"] == "U"

    await management.write(ENDPOINT, LwM2MPath(3, 0, 14), "+02:00")
    assert (await scene.peer.event("written"))["value"] == "+02:00"
    assert await scene.value("/3/0/14") == "+02:00"

    await management.execute(ENDPOINT, LwM2MPath(3, 0, 4))
    assert (await scene.peer.event("executed"))["path"] == "/3/0/4"

    with pytest.raises(OperationRefused):
        await management.read(ENDPOINT, LwM2MPath(3, 7))


async def test_is_observed_until_that_is_cancelled(scene: Scene) -> None:
    management = scene.server.services.management
    battery = LwM2MPath(3, 0, 9)
    (first,) = await management.observe(ENDPOINT, battery)
    assert first.value == 0

    await scene.peer.ask("set", "/3/0/9", "42", event="set")
    notification = await scene.happened(EventKind.NOTIFICATION)
    assert notification.data["values"] == {"/3/0/9": 42}
    await management.cancel_observation(ENDPOINT, battery)


async def test_takes_and_gives_bodies_in_blocks(scene: Scene) -> None:
    progress: list[tuple[int, int]] = []
    await scene.server.services.gateway.push(
        ENDPOINT, LwM2MPath(5, 0, 0), BODY, lambda done, total: progress.append((done, total))
    )
    written = await scene.peer.event("written")
    assert bytes.fromhex(written["value"]) == BODY
    assert progress[-1] == (len(BODY), len(BODY))

    await scene.peer.ask("set", "/26242/0/14", BODY.hex(), event="set")
    output = LwM2MPath(26242, 0, 14)
    assert await scene.server.services.gateway.read_opaque(ENDPOINT, output) == BODY


async def test_goes_on_at_another_port_without_a_handshake(secured: Scene) -> None:
    """RFC 9146: the relay is a NAT that forgets; only a new handshake or the id finds the way."""
    gateway = secured.server.services.gateway
    before = gateway.registration(ENDPOINT)
    await secured.relay.rebind()
    await secured.peer.ask("update", event="updated")
    after = gateway.registration(ENDPOINT)
    assert after.updated_at > before.updated_at
    # Another handshake would have come from another port, and given another address.
    assert (after.id, after.address) == (before.id, before.address)
    assert await secured.value("/3/0/16") == "U"


async def test_nobody_takes_the_name_without_its_key(
    tmp_path: Path, java_peers: Path, secured: Scene
) -> None:
    options = {
        "server": f"coap://127.0.0.1:{secured.server.coap_port}",
        "endpoint": ENDPOINT,
    }
    async with java_peer(java_peers, "LeshanPeer", **options) as stranger:
        refused = await stranger.ask("register", event="failed")
        assert refused["code"] == "FORBIDDEN(403)"
    assert await secured.value("/3/0/16") == "U"
