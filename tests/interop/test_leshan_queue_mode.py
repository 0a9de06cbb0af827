"""Eclipse Leshan's client in queue mode: what is asked of it waits for its Update."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lwm2m_server.app import Running, serving
from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.service.answers import Queued
from lwm2m_server.service.issuing import NewCredential
from lwm2m_server.settings import Settings
from objects.path import Path as LwM2MPath
from objects.tree import Resource

from .java import LESHAN, JavaPeer, java_peer
from .relay import Relay

pytestmark = [pytest.mark.interop, pytest.mark.proves(peer=LESHAN)]

ENDPOINT = "urn:dev:leshan"
OFFSET, REBOOT = LwM2MPath(3, 0, 14), LwM2MPath(3, 0, 4)
PATIENCE = 20.0


@dataclass
class Scene:
    server: Running
    peer: JavaPeer
    relay: Relay

    async def asleep(self) -> None:
        """Wait until the server takes the client for asleep."""
        gateway, presence = self.server.services.gateway, self.server.services.presence
        async with asyncio.timeout(PATIENCE):
            async for event in self.server.services.events.follow(0):
                slept = event.kind is EventKind.SLEEPING
                if slept and not presence.awake(gateway.registration(ENDPOINT)):
                    return

    async def outcomes(self, count: int) -> list[Event]:
        """Return the first so many outcomes of requests that waited."""
        found: list[Event] = []
        async with asyncio.timeout(PATIENCE):
            async for event in self.server.services.events.follow(0):
                if event.kind is EventKind.RESPONSE:
                    found.append(event)
                if len(found) == count:
                    break
        return found


@asynccontextmanager
async def registered(tmp_path: Path, java_peers: Path, *, secured: bool) -> AsyncIterator[Scene]:
    settings = Settings(
        data=tmp_path,
        http_port=0,
        coap_host="127.0.0.1",
        coap_port=0,
        coaps_port=0,
        allow_nosec=not secured,
        awake_window=1.0,
    )
    async with serving(settings) as server:
        told: dict[str, object] = {}
        if secured:
            issued = await server.services.credentials.add(NewCredential(ENDPOINT))
            assert issued.key is not None
            told = {"identity": issued.credential.identity, "key": issued.key.hex(), "cid": 0}
        port = server.coaps_port if secured else server.coap_port
        async with Relay(port) as relay:
            options = {
                "server": f"{'coaps' if secured else 'coap'}://127.0.0.1:{relay.port}",
                "endpoint": ENDPOINT,
                "objects": "3",
                "binding": "UQ",
                **told,
            }
            async with java_peer(java_peers, "LeshanPeer", **options) as peer:
                await peer.ask("register", event="registered")
                yield Scene(server, peer, relay)


@pytest.fixture(params=[False, True], ids=["nosec", "psk"])
async def scene(
    tmp_path: Path, java_peers: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    async with registered(tmp_path, java_peers, secured=request.param) as opened:
        yield opened


@pytest.mark.proves("queue-delayed", "queue-order", peer=LESHAN)
async def test_109_requests_wait_for_its_update_and_go_out_in_order(scene: Scene) -> None:
    assert scene.server.services.gateway.registration(ENDPOINT).queue_mode
    await scene.asleep()
    management = scene.server.services.management
    waiting = [
        await management.write(ENDPOINT, OFFSET, Resource(14, "+02:00")),
        await management.read(ENDPOINT, OFFSET),
        await management.execute(ENDPOINT, REBOOT),
    ]
    assert all(isinstance(one, Queued) for one in waiting)
    await scene.peer.ask("update", event="updated")
    assert (await scene.peer.event("written"))["value"] == "+02:00"
    assert (await scene.peer.event("executed"))["path"] == "/3/0/4"
    outcomes = await scene.outcomes(3)
    assert [one.data["id"] for one in outcomes] == [one.id for one in waiting]  # type: ignore[union-attr] # see above
    assert [one.data["code"] for one in outcomes] == ["2.04", "2.05", "2.04"]
    assert outcomes[1].data["values"] == {"/3/0/14": "+02:00"}


@pytest.mark.proves("queue-address", "nat-address", peer=LESHAN)
async def test_what_waits_goes_to_where_the_update_came_from(scene: Scene) -> None:
    await scene.asleep()
    waiting = await scene.server.services.management.read(ENDPOINT, OFFSET)
    assert isinstance(waiting, Queued)
    await scene.relay.rebind()
    await scene.peer.ask("update", event="updated")
    (outcome,) = await scene.outcomes(1)
    # It got there: what comes to the former address is lost.
    assert outcome.data["code"] == "2.05"
