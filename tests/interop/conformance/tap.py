"""A wire between two endpoints that keeps what passes, and may lose or double it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.lwm2m_server.coap.datagrams import Peer, Sent, taken_apart

from .. import relay
from ..relay import Relay
from .ends import At

TO_SERVER, TO_CLIENT = Peer(1), Peer(2)
_WAYS = {relay.TO_SERVER: TO_SERVER, relay.TO_CLIENT: TO_CLIENT}


class Tap:
    """One client's way to a server: `at` stands for the server."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self.at: At
        self.passed: list[Sent] = []
        self.lose: Callable[[Sent], bool] = lambda _: False
        self.copies = 1

    async def until(self, wanted: Callable[[Sent], bool]) -> Sent:
        """Return the first datagram that is `wanted`, once it has come by."""
        while True:
            for sent in self.passed:
                if wanted(sent):
                    return sent
            self._heard.clear()
            await self._heard.wait()

    def passes(self, towards: str, data: bytes) -> list[bytes]:
        """Keep a datagram; return it as often as it goes on."""
        sent = taken_apart(_WAYS[towards], data)
        lost = self.lose(sent)
        self.passed.append(sent)
        self._heard.set()
        return [] if lost else [data] * self.copies


@asynccontextmanager
async def tapped(server: At) -> AsyncIterator[Tap]:
    tap = Tap()
    async with Relay(server.port, server.host, tap.passes) as wire:
        tap.at = At(server.host, wire.port)
        yield tap
