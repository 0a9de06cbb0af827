"""A relay between a client and a server, as a NAT is: it can take another port, and meddle."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

LOOPBACK: Final = "127.0.0.1"
TO_SERVER, TO_CLIENT = "to the server", "to the client"

Meddle = Callable[[str, bytes], Sequence[bytes]]
"""Takes whither and a datagram, and returns what is sent there instead."""


class _End(asyncio.DatagramProtocol):
    def __init__(self, relay: "Relay", towards: str) -> None:
        self._relay = relay
        self._towards = towards

    def datagram_received(self, data: bytes, source: tuple[str | Any, int]) -> None:
        self._relay.pass_on(self._towards, data, source)


class Relay:
    """Passes on between one client, at `port`, and the server, from `outer`."""

    def __init__(
        self, server: int, host: str = LOOPBACK, meddle: Meddle = lambda _, data: (data,)
    ) -> None:
        self._server = (host, server)
        self._meddle = meddle
        self._client: tuple[str | Any, int] | None = None
        self._inside: asyncio.DatagramTransport | None = None
        self._outside: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        self._inside = await self._end(TO_SERVER)
        self._outside = await self._end(TO_CLIENT)
        return self

    async def __aexit__(self, *_: object) -> None:
        for end in (self._inside, self._outside):
            if end is not None:
                end.close()

    @property
    def port(self) -> int:
        """Where the client finds the server."""
        return _port(self._inside)

    @property
    def outer(self) -> int:
        """The port that the server sees the client at."""
        return _port(self._outside)

    async def rebind(self) -> None:
        """Go on from another port; what comes to the old one is lost."""
        old, self._outside = self._outside, await self._end(TO_CLIENT)
        if old is not None:
            old.close()

    def pass_on(self, towards: str, data: bytes, source: tuple[str | Any, int]) -> None:
        if towards == TO_SERVER:
            self._client = source
        way, to = {
            TO_SERVER: (self._outside, self._server),
            TO_CLIENT: (self._inside, self._client),
        }[towards]
        if way is None or to is None:
            return
        for datagram in self._meddle(towards, data):
            way.sendto(datagram, to)

    async def _end(self, towards: str) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _End(self, towards), local_addr=(self._server[0], 0)
        )
        return transport


def _port(transport: asyncio.DatagramTransport | None) -> int:
    assert transport is not None
    return int(transport.get_extra_info("sockname")[1])
