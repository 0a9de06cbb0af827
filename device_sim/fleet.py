"""Many simulated devices in one process; they share nothing that changes."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .board import Board, board
from .client.dtls import Credential
from .device import SimulatedDevice, check_server_uri
from .events import OnEvent
from .habits import NO_HABITS, Habits
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
    credentials: Mapping[str, Credential] | None = None,
    habits: Habits = NO_HABITS,
    on_event: OnEvent | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run `count` devices of each board until `stop` is set or the task is cancelled.

    A board that is named twice has twice as many. Endpoints are named
    `{prefix}{board}-{number}`, from 1; with `flash_dir` each keeps its flash in
    `{endpoint}.flash` there. `trusted_key` is an Ed25519 public key, PEM or DER.
    `credentials` are by endpoint, of all of them where the server is a coaps one; `habits` are
    of all of them. Raises
    `UnknownBoard`, `InvalidKey`, `InvalidServerUri`, `InvalidCredential` or
    `InvalidFlashFile` before anything is started.
    """
    kinds = {board(name): count * times for name, times in Counter(boards).items()}
    known = credentials or {}
    check_server_uri(server_uri, next(iter(known.values()), None))
    TrustedKey.load(trusted_key)
    if flash_dir is not None:
        await asyncio.to_thread(flash_dir.mkdir, parents=True, exist_ok=True)

    def device(kind: Board, number: int) -> SimulatedDevice:
        endpoint = endpoint_name(prefix, kind.name, number)
        return SimulatedDevice(
            kind,
            endpoint,
            server_uri,
            trusted_key,
            flash_file=None if flash_dir is None else flash_dir / f"{endpoint}.flash",
            lifetime=lifetime,
            credential=known.get(endpoint),
            habits=habits,
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


def endpoint_name(prefix: str, board_name: str, number: int) -> str:
    """Return how the device of that number, from 1, registers."""
    return f"{prefix}{board_name}-{number}"


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
