"""Many simulated devices in one process; they share nothing that changes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from .events import OnEvent


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

    Endpoints are named `{prefix}{board}-{number}`, from 1; with `flash_dir`
    each keeps its flash in `{endpoint}.flash` there. `trusted_key` is an
    Ed25519 public key, PEM or DER. Raises `UnknownBoard` or `InvalidKey`
    before anything is started.
    """
    raise NotImplementedError
