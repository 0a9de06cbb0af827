"""A wire between a device and a server that tests can cut, mend and spoil."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Address = tuple[str, int]

# Only packages travel in datagrams this large towards the device.
_LARGE = 500


class _Port(asyncio.DatagramProtocol):
    """One socket of the wire; refusals of a server that is gone are nobody's news."""

    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, address: Address) -> None:
        self._received(data, address)

    def error_received(self, exc: Exception) -> None:
        pass


class Wire:
    """Carries datagrams both ways; each peer keeps its own port towards the server.

    With `cut_after`, nothing passes once so many blocks of a package have gone to
    the device, until `mend`. `spoil` may change what goes to the device.
    """

    def __init__(self, server: Address) -> None:
        self._server = server
        self._upstream: dict[Address, asyncio.DatagramTransport] = {}
        self._downstream: asyncio.DatagramTransport | None = None
        self._blocks = 0
        self.cut_after: int | None = None
        self.is_cut = asyncio.Event()
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.port = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._downstream, _ = await loop.create_datagram_endpoint(
            lambda: _Port(self._from_device), local_addr=("127.0.0.1", 0)
        )
        self.port = self._downstream.get_extra_info("sockname")[1]

    def close(self) -> None:
        for transport in (self._downstream, *self._upstream.values()):
            if transport is not None:
                transport.close()

    def mend(self) -> None:
        self.cut_after = None
        self.is_cut.clear()

    def _from_device(self, data: bytes, device: Address) -> None:
        if self.is_cut.is_set():
            return
        if device in self._upstream:
            self._upstream[device].sendto(data)
            return
        task = asyncio.ensure_future(self._connect(device))
        task.add_done_callback(lambda _: self._from_device(data, device))

    async def _connect(self, device: Address) -> None:
        if device in self._upstream:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.connect(self._server)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Port(lambda data, _: self._to_device(data, device)), sock=sock
        )
        self._upstream[device] = transport

    def _to_device(self, data: bytes, device: Address) -> None:
        if self.is_cut.is_set() or self._downstream is None:
            return
        if len(data) > _LARGE:
            self._blocks += 1
            data = self.spoil(data)
            if self.cut_after is not None and self._blocks > self.cut_after:
                self.is_cut.set()
                return
        self._downstream.sendto(data, device)


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    wire = Wire(("127.0.0.1", port))
    await wire.open()
    try:
        yield wire
    finally:
        wire.close()
