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
from lwm2m_server.settings import Settings
from objects.path import Path as LwM2MPath

from .java import JavaPeer, java_peer

pytestmark = pytest.mark.interop

ENDPOINT = "urn:dev:leshan"
MODELS = Path(__file__).parents[2] / "objects" / "registry"
BODY = bytes(range(256)) * 12  # three blocks of 1024 bytes
PATIENCE = 20.0


@dataclass
class Scene:
    server: Running
    peer: JavaPeer

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
async def registered(tmp_path: Path, java_peers: Path) -> AsyncIterator[Scene]:
    settings = Settings(
        data=tmp_path,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        allow_nosec=True,
    )
    async with serving(settings) as server:
        options = {
            "server": f"coap://127.0.0.1:{server.coap_port}",
            "endpoint": ENDPOINT,
            "objects": "3,5,26242",
            "models": MODELS,
        }
        async with java_peer(java_peers, "LeshanPeer", **options) as peer:
            await peer.ask("register", event="registered")
            yield Scene(server, peer)


@pytest.fixture
async def scene(tmp_path: Path, java_peers: Path) -> AsyncIterator[Scene]:
    async with registered(tmp_path, java_peers) as opened:
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
