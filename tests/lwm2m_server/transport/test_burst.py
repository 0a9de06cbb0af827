"""A burst that comes while the process is busy waits in the kernel, all of it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiocoap.transports.udp6 import MessageInterfaceUDP6

from lwm2m_server.transport.udp import UdpSocket

BURST = 2000
REGISTER = bytes.fromhex("44020001 01020304 b2 7264 11 28 3d 07".replace(" ", ""))
REGISTER += b"ep=urn:imei:000000000000001" + b"\xff" + bytes(77)
LAST = b"\x50\x00\xff\xff"

Took = Callable[[], None]


@asynccontextmanager
async def our_socket(took: Took, last: Took) -> AsyncIterator[int]:
    def received(batch: list[Any]) -> None:
        for data, _, _ in batch:
            last() if data == LAST else took()

    opened = await UdpSocket.open("127.0.0.1", 0, received, lambda *_: None)
    yield opened.port
    opened.close()


@asynccontextmanager
async def aiocoaps_socket(took: Took, last: Took) -> AsyncIterator[int]:
    class Manager:
        def dispatch_message(self, message: Any) -> None:
            last() if message.mid == 0xFFFF else took()

    opened = await MessageInterfaceUDP6.create_server_transport_endpoint(
        Manager(), logging.getLogger(), asyncio.get_running_loop(), ("127.0.0.1", 0), []
    )
    yield opened._local_port()
    await opened.shutdown()


@pytest.mark.parametrize(
    "opened",
    [our_socket, pytest.param(aiocoaps_socket, marks=pytest.mark.xfail(strict=True))],
    ids=["ours", "aiocoap"],
)
@pytest.mark.proves("storm")
async def test_a_burst_while_the_process_is_busy_is_not_lost(opened: Any) -> None:
    """Fault 9: with the system's usual receive buffer some 256 of 2,000 come through."""
    taken = 0
    all_came = asyncio.Event()

    def took() -> None:
        nonlocal taken
        taken += 1

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as devices:
        async with asyncio.timeout(20), opened(took, all_came.set) as port:
            for _ in range(BURST):  # the loop is busy with this
                devices.sendto(REGISTER, ("127.0.0.1", port))
            await asyncio.sleep(0)
            while not all_came.is_set():  # what is full takes no last one either
                devices.sendto(LAST, ("127.0.0.1", port))
                await asyncio.sleep(0)
    assert taken == BURST
