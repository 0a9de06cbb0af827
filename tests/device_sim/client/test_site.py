"""Requests that no well-meaning server sends, as bytes on the device's socket."""

import asyncio
import itertools
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from device_sim.board import board
from device_sim.client.socket import bad_option
from device_sim.device import SimulatedDevice
from objects.model_slot import State
from tests.device_sim.images import trusted

GET, PUT = 1, 3
ACK = 2
IF_MATCH, URI_PATH, FORMAT, URI_QUERY, BLOCK2, BLOCK1, PROXY_URI = 1, 11, 12, 15, 23, 27, 35
SLOT = [(URI_PATH, b"26242"), (URI_PATH, b"1"), (URI_PATH, b"0"), (FORMAT, b"\x2a")]

Options = list[tuple[int, bytes]]


def extended(number: int) -> tuple[int, bytes]:
    """RFC 7252 §3.1: option delta and length."""
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, struct.pack("!H", number - 269)


def message(code: int, options: Options, payload: bytes = b"", kind: int = 0) -> bytes:
    written = struct.pack("!BBH", 0x42 | kind << 4, code, 0) + b"to"
    before = 0
    for number, value in sorted(options, key=lambda option: option[0]):
        (delta, more), (length, longer) = extended(number - before), extended(len(value))
        written += bytes([delta << 4 | length]) + more + longer + value
        before = number
    return written + (b"\xff" + payload if payload else b"")


class Server:
    """A socket that a device believes to be its server."""

    def __init__(self, sock: socket.socket, device: SimulatedDevice) -> None:
        self.device = device
        self._sock = sock
        self._address: object = None
        self._ids = itertools.count(1)

    async def receive(self) -> bytes:
        loop = asyncio.get_running_loop()
        data, self._address = await asyncio.wait_for(loop.sock_recvfrom(self._sock, 2048), 10)
        return data

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendto(self._sock, data, self._address)

    async def accept(self, code: int) -> None:
        """Acknowledge the next request of the device."""
        data = await self.receive()
        end = 4 + (data[0] & 15)
        location = bytes.fromhex("8272640131") if code == 0x41 else b""
        await self.send(bytes([0x60 | data[0] & 15, code]) + data[2:end] + location)

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return code and all of the acknowledgement."""
        message_id = struct.pack("!H", next(self._ids))
        await self.send(request[:2] + message_id + request[4:])
        answer = await self.receive()
        assert answer[0] >> 4 & 3 == ACK
        assert answer[2:6] == message_id + b"to"
        return answer[1], answer


@asynccontextmanager
async def server() -> AsyncIterator[Server]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        uri = f"coap://127.0.0.1:{sock.getsockname()[1]}"
        device = SimulatedDevice(board("sim-m4"), "m4", uri, trusted().public)
        at = Server(sock, device)
        await device.start()
        await at.accept(0x41)
        yield at
        stopped = asyncio.create_task(device.stop())
        await at.accept(0x42)
        await stopped


REFUSED: dict[str, tuple[int, bytes]] = {
    "path that is no UTF-8": (0x82, message(GET, [(URI_PATH, b"\xff\xfe")])),
    "query that is no UTF-8": (0x82, message(GET, [(URI_PATH, b"3"), (URI_QUERY, b"\xff")])),
    "unknown critical option": (0x82, message(GET, [(URI_PATH, b"3"), (12345, b"x")])),
    "precondition": (0x82, message(PUT, [(IF_MATCH, b"x"), *SLOT], b"x")),
    "for a proxy": (0xA5, message(GET, [(PROXY_URI, b"coap://other/3")])),
    "slash in a segment": (0x84, message(GET, [(URI_PATH, b"3/0")])),
    "digits of another script": (0x84, message(GET, [(URI_PATH, "٣".encode())])),
    "reserved Block1 size": (0x80, message(PUT, [*SLOT, (BLOCK1, b"\x0f")], bytes(1024))),
    "block behind the end": (0x80, message(GET, [(URI_PATH, b"3"), (BLOCK2, b"\xff\xff\xf6")])),
    "block of what is not there": (0x84, message(GET, [(URI_PATH, b"9"), (BLOCK2, b"\x36")])),
}


async def test_what_is_not_understood_is_answered_and_changes_nothing() -> None:
    async with server() as at:
        before = at.device.memory
        for name, (code, request) in REFUSED.items():
            assert ((await at.ask(request))[0], name) == (code, name)
        assert at.device.memory == before
        assert at.device.slots.slots[1].state is State.EMPTY
        code, answer = await at.ask(message(GET, [(URI_PATH, part) for part in (b"3", b"0", b"3")]))
        assert (code, answer[-5:]) == (0x45, b"1.0.0")


@pytest.mark.parametrize(
    "data",
    [
        message(GET, [(URI_PATH, b"\xff")], kind=1),  # not confirmable
        message(0x45, [(URI_PATH, b"\xff")]),  # a response
        message(0, []),
    ],
)
def test_only_a_confirmable_request_is_told_of_a_bad_option(data: bytes) -> None:
    assert bad_option(data) is None
