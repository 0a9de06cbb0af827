"""Sockets for people, and what is said where one cannot be had."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

_GOODBYE: Final = 3  # seconds that followers of events get to hang up


class _Http(uvicorn.Server):
    """uvicorn, whose signal handlers stay out of the way of ours."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def] # as uvicorn has it
        """Leave signals to the composition root."""
        yield


@asynccontextmanager
async def served(api: FastAPI, where: tuple[str, int], option: str) -> AsyncIterator[int]:
    """Serve HTTP in this loop and yield the port, which `option` chooses."""
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GOODBYE,
    )
    with listening(option, *where):
        sock = await asyncio.to_thread(_bound, *where)
    server = _Http(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield int(sock.getsockname()[1])
    finally:
        api.state.stopping.set()
        server.should_exit = True
        await task
        sock.close()


@contextlib.contextmanager
def listening(option: str, host: str, port: int) -> Iterator[None]:
    """Have a fault name where we were to listen, and the option that chooses another port."""
    try:
        yield
    except OSError as fault:
        # Resolvers have negative numbers, and asyncio words of its own.
        why = os.strerror(fault.errno) if fault.errno and fault.errno > 0 else str(fault)
        where = f"cannot listen on {host} port {port}: {why}; {option} chooses another"
        raise OSError(fault.errno, where) from fault


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises `OSError`, which uvicorn would turn into an exit."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)
