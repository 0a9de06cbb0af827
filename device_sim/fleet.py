"""Many simulated devices in one process; they share nothing that changes."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any

from .board import Board, board
from .device import SimulatedDevice, check_server_uri
from .events import OnEvent
from .image import TrustedKey


async def run(
    boards: Sequence[str],
    server_uri: str,
    trusted_key: bytes,
    *,
    count: int = 1,
    prefix: str = "",
    flash_dir: Path | None = None,
    lifetime: int = 300,
    on_event: OnEvent | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run `count` devices of each board until `stop` is set or the task is cancelled.

    A board that is named twice has twice as many. Endpoints are named
    `{prefix}{board}-{number}`, from 1; with `flash_dir` each keeps its flash in
    `{endpoint}.flash` there. `trusted_key` is an Ed25519 public key, PEM or DER.
    Raises `UnknownBoard`, `InvalidKey`, `InvalidServerUri` or `InvalidFlashFile`
    before anything is started.
    """
    kinds = {board(name): count * times for name, times in Counter(boards).items()}
    check_server_uri(server_uri)
    TrustedKey.load(trusted_key)
    if flash_dir is not None:
        await asyncio.to_thread(flash_dir.mkdir, parents=True, exist_ok=True)

    def device(kind: Board, number: int) -> SimulatedDevice:
        endpoint = f"{prefix}{kind.name}-{number}"
        return SimulatedDevice(
            kind,
            endpoint,
            server_uri,
            trusted_key,
            flash_file=None if flash_dir is None else flash_dir / f"{endpoint}.flash",
            lifetime=lifetime,
            on_event=on_event,
        )

    devices: list[SimulatedDevice] = []
    try:
        for kind, total in kinds.items():
            for number in range(1, total + 1):
                devices.append(device(kind, number))  # noqa: PERF401 # what exists is stopped
        for one in devices:
            await one.start()
        await _first([one.wait() for one in devices] + [(stop or asyncio.Event()).wait()])
    finally:
        await asyncio.gather(*(one.stop() for one in devices))


async def _first(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Wait until one of `works` has ended, and raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
