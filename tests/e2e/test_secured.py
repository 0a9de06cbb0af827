"""Devices that prove who they are: the whole path over DTLS, and nobody in another's place."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from device_sim.board import board
from device_sim.client.dtls import Credential, DeviceCertificate, PreSharedKey
from device_sim.device import SimulatedDevice
from device_sim.events import DeviceEvent, DeviceEventKind
from firmware_store import Store

from .process import ServerProcess

ENDPOINT = "dev"


@dataclass
class Site:
    """A server that admits nobody unproven, and the devices that come to it."""

    server: ServerProcess
    data: Path
    trusted: bytes

    async def credential(self, endpoint: str, **more: str) -> tuple[str, PreSharedKey]:
        """Have the server make a key; return its id, and what the device gets."""
        issued = await self.added(endpoint=endpoint, **more)
        told = issued["credential"]
        return told["id"], PreSharedKey(told["identity"], bytes.fromhex(issued["key"]))

    async def added(self, **new: str) -> Any:
        async with self.server.client() as client:
            answer = await client.post("/v1/credentials", json=new)
        assert answer.is_success, answer.text
        return answer.json()

    def device(
        self,
        credential: Credential | None,
        events: "asyncio.Queue[DeviceEvent] | None" = None,
        lifetime: int = 300,
    ) -> SimulatedDevice:
        scheme, port = ("coaps", self.server.coaps_port) if credential else ("coap", None)
        return SimulatedDevice(
            board("sim-m4"),
            ENDPOINT,
            f"{scheme}://127.0.0.1:{port or self.server.coap_port}",
            self.trusted,
            credential=credential,
            lifetime=lifetime,
            on_event=events.put_nowait if events else None,
        )

    async def refused(self, credential: Credential | None) -> None:
        """Let a device try to register, and see it refused with 4.03."""
        events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
        async with self.device(credential, events):
            event = await told(events, DeviceEventKind.UNREACHABLE)
            assert event.data["code"] == "4.03"

    async def deployed(self, **what: str) -> None:
        begun = await self.server.deploy(endpoint=ENDPOINT, model="digits", **what)
        ended = await self.server.until(f"deployments/{begun['id']}", "outcome")
        assert ended["outcome"] == "succeeded", ended["reason"]
        assert ended["delivered_by"] == what["delivery"]


async def told(events: "asyncio.Queue[DeviceEvent]", kind: DeviceEventKind) -> DeviceEvent:
    async with asyncio.timeout(30):
        while True:
            event = await events.get()
            if event.kind is kind:
                return event


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    data = tmp_path / "data"
    trusted = Store(data).keys.ensure().public_der
    server = ServerProcess(data, allow_nosec=False)
    await server.start()
    try:
        yield Site(server, data, trusted)
    finally:
        await server.stop()


async def test_a_device_with_a_key_gets_its_modules_and_nobody_else_its_name(site: Site) -> None:
    _, mine = await site.credential(ENDPOINT)
    _, other = await site.credential("mallory")
    await site.refused(None)
    await site.refused(other)
    async with site.device(mine):
        found = await site.server.known(ENDPOINT)
        assert found["registration"]["address"].startswith("coaps://")
        assert found["registration"]["identity"] == {"mode": "psk", "name": ENDPOINT}
        await site.refused(other)  # nor while it is there
        await site.refused(None)
        assert (await site.server.get(f"devices/{ENDPOINT}")) == found
        await site.deployed(via="module", delivery="push")
        await site.deployed(via="module", delivery="pull")
    log = [path for path in site.data.rglob("*") if path.is_file()]
    assert log
    for file in log:
        assert mine.key not in file.read_bytes()


@pytest.mark.slow
async def test_a_revoked_device_is_gone_at_once_and_a_new_key_lets_it_in(site: Site) -> None:
    number, old = await site.credential(ENDPOINT)
    events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
    async with site.device(old, events):
        await site.server.known(ENDPOINT)
        async with site.server.client() as client:
            assert (await client.delete(f"/v1/credentials/{number}")).is_success
        (device,) = await site.server.get("devices")
        assert device["registration"] is None
    _, new = await site.credential(ENDPOINT)
    events = asyncio.Queue()
    async with site.device(new, events):
        await told(events, DeviceEventKind.REGISTERED)


@pytest.mark.slow
async def test_both_keys_are_good_until_the_new_one_is_used(site: Site) -> None:
    number, old = await site.credential(ENDPOINT)
    async with site.server.client() as client:
        rotated = (await client.post(f"/v1/credentials/{number}/rotate")).json()
    new = PreSharedKey(rotated["credential"]["identity"], bytes.fromhex(rotated["key"]))
    for key in (old, new):
        events: asyncio.Queue[DeviceEvent] = asyncio.Queue()
        async with site.device(key, events):
            await told(events, DeviceEventKind.REGISTERED)
    (left,) = await site.server.get(f"credentials?endpoint={ENDPOINT}")
    assert left["id"] == rotated["credential"]["id"]


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["push", "pull"])
async def test_a_killed_server_takes_the_sessions_along_and_finishes_all_the_same(
    site: Site, delivery: str
) -> None:
    """The device finds out when its next request goes unanswered, and shakes hands anew."""
    _, mine = await site.credential(ENDPOINT)
    server = site.server
    async with site.device(mine, lifetime=4) as device:
        await server.known(ENDPOINT)
        begun = await server.deploy(
            endpoint=ENDPOINT, model="digits", via="module", delivery=delivery
        )
        await server.until(f"deployments/{begun['id']}", "bytes_done")
        await server.kill()
        await server.start()
        async with asyncio.timeout(100):
            ended = await server.until(f"deployments/{begun['id']}", "outcome")
        assert (ended["outcome"], ended["delivered_by"]) == ("succeeded", delivery)
        assert device.activates_accepted == 1


@pytest.mark.slow
async def test_a_certificate_that_was_made_here_lets_a_device_in(site: Site) -> None:
    issued = await site.added(endpoint=ENDPOINT, mode="x509")
    shown = DeviceCertificate(
        issued["public"].encode(),
        issued["private_key"].encode(),
        (site.data / "secrets" / "server-certificate.pem").read_bytes(),
    )
    async with site.device(shown):
        found = await site.server.known(ENDPOINT)
        assert found["registration"]["identity"] == {"mode": "x509", "name": ENDPOINT}
        await site.deployed(via="module", delivery="pull")
