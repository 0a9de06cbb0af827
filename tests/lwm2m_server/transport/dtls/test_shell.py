"""The port on a socket: what arrives is handed on, and one timer serves all handshakes."""

import asyncio
import socket
from dataclasses import replace

import pytest

from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.transport.dtls.shell import DtlsPort
from tests.lwm2m_server.transport.waiting import until

from .client import Client
from .keyring import MemoryKeyring


class Device:
    """A client on a socket of the loop."""

    def __init__(self, port: int, client: Client) -> None:
        self.client = client
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("::1", port))

    async def connect(self) -> None:
        flight = self.client.step()
        while not self.client.done:
            self.send(*flight)
            flight = self.client.step(await self.receive())

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self._socket.send(datagram)

    async def receive(self) -> bytes:
        async with asyncio.timeout(5):
            return await self._loop.sock_recv(self._socket, 2048)

    def close(self) -> None:
        self._socket.close()


class Heard:
    def __init__(self) -> None:
        self.arrived: list[tuple] = []
        self.ended: list[tuple] = []
        self.unreachable: list[tuple] = []

    async def open(self, limits=LIMITS) -> DtlsPort:
        return await DtlsPort.open(
            "::1",
            0,
            MemoryKeyring(),
            self.arrived.extend,
            lambda *over: self.ended.append(over),
            unreachable=lambda *hint: self.unreachable.append(hint),
            limits=limits,
        )


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def test_a_device_talks_with_the_port_and_is_told_when_it_closes(heard):
    port = await heard.open()
    device = Device(port.port, Client())
    await device.connect()
    device.send(device.client.seal(b"up"))
    await until(lambda: heard.arrived)
    [(session, data)] = heard.arrived
    assert data == b"up"
    assert port.find(session.address, session.identity) is session
    session.send(b"down")
    assert device.client.read(await device.receive()) == [b"down"]
    port.close()
    device.client.read(await device.receive())
    assert device.client.closed
    assert [over[0] for over in heard.ended] == [session]
    session.send(b"after the end")
    device.close()


async def test_a_handshake_that_is_not_finished_is_dropped_by_the_timer(heard):
    port = await heard.open(replace(LIMITS, handshake_time=0.01))
    device = Device(port.port, Client())
    device.send(*device.client.step())
    device.send(*device.client.step(await device.receive()))
    await device.receive()
    await until(lambda: port.half_open == 0)
    assert len(port) == 0
    port.close()
    device.close()


async def test_a_session_whose_device_is_gone_is_hinted_at(heard):
    port = await heard.open()
    device = Device(port.port, Client())
    await device.connect()
    device.send(device.client.seal(b"up"))
    await until(lambda: heard.arrived)
    device.close()
    session = heard.arrived[0][0]
    session.send(b"nobody listens")
    await until(lambda: heard.unreachable)
    assert heard.unreachable[0][0] is session
    assert len(port) == 1  # a hint ends nothing
    port.close()


async def test_a_port_that_is_taken_is_said(heard):
    port = await heard.open()
    with pytest.raises(OSError, match="in use"):
        await DtlsPort.open("::1", port.port, MemoryKeyring(), print, print, unreachable=print)
    port.close()
