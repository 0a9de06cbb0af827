"""Eclipse Leshan's client against the whole server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import objects.registry
from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.service.answers import Answer, Result
from lwm2m_server.service.errors import NotRegistered
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.settings import DtlsEngine, Settings
from objects.attributes import NotificationAttributes
from objects.path import Path as LwM2MPath
from objects.tree import ObjectInstance, Resource, single_value

from .java import LESHAN, JavaPeer, java_peer
from .relay import Relay

pytestmark = [pytest.mark.interop, pytest.mark.proves(peer=LESHAN)]

ENDPOINT = "urn:dev:leshan"
# What is ours alone; of the others the client has definitions of its own.
MODELS = ("26242.xml",)
BODY = bytes(range(256)) * 12  # three blocks of 1024 bytes
PATIENCE = 20.0


@dataclass
class Scene:
    server: Running
    peer: JavaPeer
    relay: Relay

    async def value(self, path: str) -> object:
        """Read one resource, through the server."""
        found = await self.server.services.management.read(ENDPOINT, LwM2MPath.parse(path))
        assert isinstance(found, Answer)
        assert found.node is not None
        return single_value(found.node)

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
                "models": models(tmp_path / "client"),
                **secured,
            }
            async with java_peer(java_peers, "LeshanPeer", **options) as peer:
                await peer.ask("register", event="registered")
                yield Scene(server, peer, relay)


def models(folder: Path) -> Path:
    """Return a folder of the object definitions that the client is to add to its own."""
    folder.mkdir()
    for name in MODELS:
        shutil.copy(Path(objects.registry.__file__).parent / name, folder)
    return folder


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


def answered(result: Result) -> Answer:
    """Return what came back at once."""
    assert isinstance(result, Answer)
    return result


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
    device = await management.read(ENDPOINT, LwM2MPath(3, 0))
    assert isinstance(device, Answer)
    assert isinstance(device.node, ObjectInstance)
    assert device.node.value(16, str) == "U"

    await management.write(ENDPOINT, LwM2MPath(3, 0, 14), Resource(14, "+02:00"))
    assert (await scene.peer.event("written"))["value"] == "+02:00"
    assert await scene.value("/3/0/14") == "+02:00"

    await management.execute(ENDPOINT, LwM2MPath(3, 0, 4))
    assert (await scene.peer.event("executed"))["path"] == "/3/0/4"

    refused = await management.read(ENDPOINT, LwM2MPath(3, 7))
    assert isinstance(refused, Answer)
    assert refused.response.code_text == "4.04"


async def test_is_observed_until_that_is_cancelled(scene: Scene) -> None:
    management = scene.server.services.management
    battery = LwM2MPath(3, 0, 9)
    first = await management.observe(ENDPOINT, battery)
    assert isinstance(first, Answer)
    assert first.node == Resource(9, 0)

    await scene.peer.ask("set", "/3/0/9", "42", event="set")
    notification = await scene.happened(EventKind.NOTIFICATION)
    assert notification.data["values"] == {"/3/0/9": 42}
    await management.cancel_observation(ENDPOINT, battery)


async def test_speaks_all_of_device_management(scene: Scene) -> None:
    """Attributes and their Discover, composite operations, Create and Delete."""
    management = scene.server.services.management
    battery, lifetime, offset = LwM2MPath(3, 0, 9), LwM2MPath(1, 0, 1), LwM2MPath(3, 0, 14)

    attributes = NotificationAttributes(pmin=5, gt=50)
    assert answered(await management.write_attributes(ENDPOINT, battery, attributes)).ok
    found = answered(await management.discover(ENDPOINT, LwM2MPath(3, 0)))
    links = {link.target: dict(link.attributes) for link in found.links or ()}
    assert links["/3/0/9"]["pmin"] == "5"

    values = {offset: Resource(14, "+02:00")}
    assert answered(await management.write_composite(ENDPOINT, values)).ok
    read = answered(await management.read_composite(ENDPOINT, (offset, lifetime)))
    assert {one.path: one.value for one in read.records or ()} == {offset: "+02:00", lifetime: 300}

    created = answered(await management.create(ENDPOINT, LwM2MPath(26242), [Resource(12, b"x")]))
    assert created.ok, created.response.code_text
    assert created.created is not None
    assert answered(await management.delete(ENDPOINT, created.created)).ok


async def test_observes_several_paths_as_one_until_that_is_cancelled(scene: Scene) -> None:
    management = scene.server.services.management
    paths = (LwM2MPath(3, 0, 9), LwM2MPath(3, 0, 14))
    first = answered(await management.observe_composite(ENDPOINT, paths))
    assert {one.path for one in first.records or ()} >= {paths[0]}
    await scene.peer.ask("set", "/3/0/9", "42", event="set")
    notification = await scene.happened(EventKind.NOTIFICATION)
    assert notification.data["paths"] == [str(path) for path in paths]
    assert notification.data["values"]["/3/0/9"] == 42
    cancelled = await management.cancel_composite(ENDPOINT, paths)
    assert answered(cancelled).ok


async def test_306_send(scene: Scene) -> None:
    await scene.peer.ask("set", "/3/0/9", "77", event="set")
    sent = await scene.peer.ask("send", "/3/0/9", "/3/0/16", event="sent")
    assert sent["code"] == "CHANGED(204)"
    event = await scene.happened(EventKind.SEND)
    assert event.data["values"] == {"/3/0/9": 77, "/3/0/16": "U"}


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


@pytest.mark.proves("nat-cid", peer=LESHAN)
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
