"""A device, a wire and a server that gets killed: what was promised survives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiocoap
import pytest
from aiocoap.numbers.codes import Code

from device_sim.board import board
from device_sim.device import SimulatedDevice
from firmware_store import Store

from .process import ServerProcess, server_process
from .wire import Wire, wire_to

ENDPOINT = "dev"
PATIENCE = 100.0
BLOCKS_BEFORE_THE_CUT = 4


@dataclass
class Scene:
    server: ServerProcess
    wire: Wire
    device: SimulatedDevice


@asynccontextmanager
async def scene(tmp_path: Path, board_name: str = "sim-m4") -> AsyncIterator[Scene]:
    data = tmp_path / "data"
    trusted = Store(data).keys.ensure().public_der
    server = ServerProcess(data)
    async with wire_to(server.coap_port) as wire, asyncio.timeout(PATIENCE):
        server.public = f"127.0.0.1:{wire.port}"
        await server.start()
        try:
            device = SimulatedDevice(
                board(board_name), ENDPOINT, f"coap://{server.public}", trusted
            )
            async with device:
                await server.known(ENDPOINT)
                yield Scene(server, wire, device)
        finally:
            await server.stop()


@pytest.mark.parametrize(
    ("via", "delivery"),
    [
        ("module", "push"),
        ("firmware", "pull"),
        pytest.param("module", "pull", marks=pytest.mark.slow),
        pytest.param("firmware", "push", marks=pytest.mark.slow),
    ],
)
async def test_a_killed_server_finishes_what_it_began(
    tmp_path: Path, via: str, delivery: str
) -> None:
    async with scene(tmp_path) as at:
        at.wire.cut_after = BLOCKS_BEFORE_THE_CUT
        begun = await at.server.deploy(
            endpoint=ENDPOINT, model="digits", via=via, delivery=delivery
        )
        await at.wire.is_cut.wait()
        before = await at.server.get(f"devices/{ENDPOINT}")
        builds = [build["key"] for build in await at.server.get("builds")]
        await at.server.kill()
        await at.server.start()
        after = await at.server.get(f"devices/{ENDPOINT}")
        assert after["registration"]["id"] == before["registration"]["id"]
        assert after["hardware"] == before["hardware"]
        assert [build["key"] for build in await at.server.get("builds")] == builds
        at.wire.mend()
        ended = await at.server.until(f"deployments/{begun['id']}", "outcome")
        assert ended["outcome"] == "succeeded", ended["reason"]
        assert ended["self_test"]["passed"]
        accepted = (at.device.executes_accepted, at.device.activates_accepted)
        assert accepted == ((1, 0) if via == "firmware" else (0, 1))
        assert (await at.server.get(f"devices/{ENDPOINT}"))["active_model"]["name"] == "digits"


async def test_a_package_with_flipped_bits_changes_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        at.wire.spoil = lambda data: data[:-1] + bytes((data[-1] ^ 1,))
        begun = await at.server.deploy(
            endpoint=ENDPOINT, model="digits", via="module", delivery="push"
        )
        ended = await at.server.until(f"deployments/{begun['id']}", "outcome")
        assert ended["outcome"] == "failed"
        assert "Result 5" in ended["reason"]  # 26242: 5 is integrity
        assert at.device.activates_accepted == 0
        assert (await at.server.get(f"devices/{ENDPOINT}"))["active_model"] is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("ep=x&lt=soon&lwm2m=1.1", "lt"),
        ("ep=x&lt=-1&lwm2m=1.1", "lt"),
        ("lt=60&lwm2m=1.1", "ep"),
    ],
)
async def test_a_bad_register_is_told_why_and_leaves_no_trace(
    tmp_path: Path, query: str, words: str
) -> None:
    async with server_process(tmp_path / "data") as server:
        context = await aiocoap.Context.create_client_context(transports=["udp6"])
        try:
            uri = f"coap://127.0.0.1:{server.coap_port}/rd?{query}"
            request = aiocoap.Message(code=Code.POST, uri=uri, payload=b"</1/0>")
            answer = await context.request(request).response
        finally:
            await context.shutdown()
        assert answer.code == Code.BAD_REQUEST
        assert words in answer.payload.decode()
        assert await server.get("devices") == []
        assert await server.stop() == 0
