"""One simulated device, a wire that can be cut, and a server process at its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_sim.board import board
from device_sim.device import SimulatedDevice
from device_sim.events import OnEvent
from firmware_store import Store

from .process import ServerProcess
from .wire import Wire, wire_to

ENDPOINT = "dev"
PATIENCE = 100.0


@dataclass
class Scene:
    server: ServerProcess
    wire: Wire
    device: SimulatedDevice
    store: Store

    async def deployed(self, **what: str) -> Any:
        """Deploy, and return the deployment once it has ended."""
        begun = await self.server.deploy(endpoint=ENDPOINT, **what)
        return await self.server.until(f"deployments/{begun['id']}", "outcome")

    async def resource(self, path: str) -> Any:
        """Read one resource from the device, through the server."""
        (found,) = await self.server.get(f"devices/{ENDPOINT}/resources{path}")
        return found["value"]


@asynccontextmanager
async def scene(
    tmp_path: Path, board_name: str = "sim-m4", on_event: OnEvent | None = None
) -> AsyncIterator[Scene]:
    store = Store(tmp_path / "data")
    trusted = store.keys.ensure().public_der
    server = ServerProcess(tmp_path / "data")
    async with wire_to(server.coap_port) as wire, asyncio.timeout(PATIENCE):
        server.public = f"127.0.0.1:{wire.port}"
        await server.start()
        try:
            device = SimulatedDevice(
                board(board_name),
                ENDPOINT,
                f"coap://{server.public}",
                trusted,
                on_event=on_event,
            )
            async with device:
                await server.known(ENDPOINT)
                yield Scene(server, wire, device, store)
        finally:
            await server.stop()
