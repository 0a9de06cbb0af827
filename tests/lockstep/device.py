"""A device that does what a script says, at one address or several, plain or over DTLS."""

import asyncio
import socket
from typing import Any, Protocol

from objects.path import Path
from tests.lwm2m_server.coap.datagrams import CON, RST, datagram
from tests.lwm2m_server.service.world import settle
from tests.lwm2m_server.transport.dtls.client import Client

from .script import Names, OutOfStep, lines, shown

_PATIENCE = 5.0
_FIRST_PING = 0xF000


class Line(Protocol):
    """What carries a device's datagrams."""

    def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes: ...

    def poll(self) -> bytes | None: ...

    def close(self) -> None: ...


class Udp:
    """A socket with a port of its own."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("::1", port))

    def send(self, data: bytes) -> None:
        self._socket.send(data)

    async def receive(self) -> bytes:
        return await self._loop.sock_recv(self._socket, 4096)

    def poll(self) -> bytes | None:
        try:
            return self._socket.recv(4096)
        except BlockingIOError:
            return None

    def close(self) -> None:
        self._socket.close()


class Dtls:
    """A session with a pre-shared key, above a socket."""

    def __init__(self, port: int, identity: str, key: bytes) -> None:
        self._udp = Udp(port)
        self._client = Client(identity=identity, key=key)
        self._read: list[bytes] = []

    async def connect(self) -> None:
        flight = self._client.step()
        while not self._client.done:
            for one in flight:
                self._udp.send(one)
            flight = self._client.step(await self._udp.receive())

    def send(self, data: bytes) -> None:
        self._udp.send(self._client.seal(data))

    async def receive(self) -> bytes:
        while not self._read:
            self._read += self._client.read(await self._udp.receive())
        return self._read.pop(0)

    def poll(self) -> bytes | None:
        if not self._read and (data := self._udp.poll()) is not None:
            self._read += self._client.read(data)
        return self._read.pop(0) if self._read else None

    def close(self) -> None:
        self._udp.close()


class Device:
    """One end of a conversation. `names` is what its scripts have captured so far."""

    def __init__(self, line: Line) -> None:
        self._lines = [line]
        self._pings = _FIRST_PING
        self.names = Names()

    async def play(self, script: str) -> None:
        """Say and hear what a script has; raises `OutOfStep`."""
        for line in lines(script):
            if line.items is None:
                await self._hear_nothing()
            elif line.said:
                self._line.send(self.names.write(line))
            else:
                try:
                    data = await self.hear()
                except TimeoutError:
                    raise OutOfStep(f"expected {line.text}\nnothing came") from None
                self.names.read(line, data)

    async def hear(self) -> bytes:
        """Return what comes next."""
        async with asyncio.timeout(_PATIENCE):
            return await self._line.receive()

    async def poll(self) -> bytes | None:
        """Return what has come by now, None for nothing."""
        await settle()
        return self._line.poll()

    def say(self, data: bytes) -> None:
        self._line.send(data)

    def at(self, line: Line) -> "Device":
        """Be at another address from now on; the former one is left open. Return self."""
        self._lines.append(line)
        return self

    @property
    def former(self) -> "Device":
        """Who listens at the address of before."""
        return Device(self._lines[-2])

    def close(self) -> None:
        for line in self._lines:
            line.close()

    @property
    def _line(self) -> Line:
        return self._lines[-1]

    async def _hear_nothing(self) -> None:
        """What came before is answered before a ping (RFC 7252 §4.3); once more for what waited."""
        for _ in range(2):
            await settle()
            self._pings += 1
            ping = datagram(CON, 0, self._pings)
            self._line.send(ping)
            pong = bytes([0x40 | RST << 4]) + ping[1:]
            if (data := await self.hear()) != pong:
                raise OutOfStep(f"expected nothing\ngot      {shown(data)}")


async def proven(server: Any, device: Device, register: str, accept: str = "accept=*") -> None:
    """Register, and answer one small read: more is not sent to an address unheard of.

    A client of 1.0 is asked without `accept`.
    """
    await device.play(register)
    asked = asyncio.create_task(server.services.management.read("dev", Path.parse("/1/0/1")))
    await device.play(
        f"""
        < CON GET $first $proof /1/0/1 {accept}
        > ACK 2.05 $first $proof cf=0 '30'
        """
    )
    await asked
