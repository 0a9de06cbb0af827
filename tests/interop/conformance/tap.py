"""A wire between two endpoints that keeps what passes, and may lose or double it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.lwm2m_server.coap.datagrams import Peer, Sent, taken_apart

from .ends import HOST

TO_SERVER, TO_CLIENT = Peer(1), Peer(2)


class _Port(asyncio.DatagramProtocol):
    def __init__(self, took: Callable[[bytes, Any], None]) -> None:
        self.datagram_received = took  # type: ignore[method-assign]


class Tap:
    """One client's way to a server: `port` stands for the server."""

    def __init__(self, server: int) -> None:
        self._server = (HOST, server)
        self._client: Any = None
        self._heard = asyncio.Event()
        self.passed: list[Sent] = []
        self.lose: Callable[[Sent], bool] = lambda _: False
        self.copies = 1

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _Port(self._from_client), local_addr=(HOST, 0)
        )
        self._outer, _ = await loop.create_datagram_endpoint(
            lambda: _Port(self._from_server), local_addr=(HOST, 0)
        )
        self.port: int = self._inner.get_extra_info("sockname")[1]

    def close(self) -> None:
        self._inner.close()
        self._outer.close()

    async def until(self, wanted: Callable[[Sent], bool]) -> Sent:
        """Return the first datagram that is `wanted`, once it has come by."""
        while True:
            for sent in self.passed:
                if wanted(sent):
                    return sent
            self._heard.clear()
            await self._heard.wait()

    def _from_client(self, data: bytes, source: Any) -> None:
        self._client = source
        self._pass(TO_SERVER, data, lambda: self._outer.sendto(data, self._server))

    def _from_server(self, data: bytes, _source: Any) -> None:
        self._pass(TO_CLIENT, data, lambda: self._inner.sendto(data, self._client))

    def _pass(self, way: Peer, data: bytes, on: Callable[[], None]) -> None:
        sent = taken_apart(way, data)
        lost = self.lose(sent)
        self.passed.append(sent)
        self._heard.set()
        for _ in range(0 if lost else self.copies):
            on()


@asynccontextmanager
async def tapped(server: int) -> AsyncIterator[Tap]:
    tap = Tap(server)
    await tap.open()
    try:
        yield tap
    finally:
        tap.close()
