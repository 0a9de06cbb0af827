"""Bootstrap by command, with a simulated device: from nothing but a URI to a registration."""

import asyncio
from pathlib import Path

import pytest

from device_sim.board import board
from device_sim.client.dtls import PreSharedKey
from device_sim.device import SimulatedDevice
from device_sim.events import DeviceEvent, DeviceEventKind
from device_sim.habits import Habits

from .shell import Shell, server_on


async def credential(shell: Shell) -> PreSharedKey:
    """Give `dev` a key for here, and one for the bootstrap server; return that."""
    await shell.told("credentials", "add", "dev")
    made = await shell.json("credentials", "add", "dev", "--bootstrap")
    return PreSharedKey("dev", bytes.fromhex(made["key"]))


@pytest.mark.parametrize("secured", [False, True])
async def test_0_1_a_device_is_bootstrapped_and_sent_back(tmp_path: Path, *, secured: bool) -> None:
    happened: asyncio.Queue[DeviceEventKind] = asyncio.Queue()

    def follow(event: DeviceEvent) -> None:
        happened.put_nowait(event.kind)

    async def until(kind: DeviceEventKind) -> None:
        async with asyncio.timeout(15):
            while await happened.get() is not kind:
                pass

    async with server_on(tmp_path) as shell:
        running, scheme = shell.running, "coaps" if secured else "coap"
        key = await credential(shell) if secured else None
        port = running.coaps_port if secured else running.coap_port
        uri = f"{scheme}://127.0.0.1:{port}"
        await shell.told("bootstrap", "set", "dev", "--uri", uri, "--lifetime", "77")
        bootstrap = running.bootstrap_coaps_port if secured else running.bootstrap_port
        device = SimulatedDevice(
            board("sim-tiny"),
            "dev",
            f"{scheme}://127.0.0.1:{bootstrap}",
            running.store.keys.load().public_der,
            credential=key,
            reset_delay=0.01,
            habits=Habits(bootstrap=True),
            on_event=follow,
        )
        async with device:
            await until(DeviceEventKind.BOOTSTRAPPED)
            await until(DeviceEventKind.REGISTERED)
            (lifetime,) = await shell.json("read", "dev", "lwm2m-server/0/lifetime")
            assert lifetime["value"] == 77
            await shell.told("bootstrap", "trigger", "dev")
            await until(DeviceEventKind.BOOTSTRAPPED)
            await until(DeviceEventKind.REGISTERED)
