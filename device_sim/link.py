"""A network that loses, repeats and delays: a relay between one device and its server.

It stands outside of both CoAP stacks, so their own loss handling is what is tried.
"""

import asyncio
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from .coap_uri import authority
from .faults import LinkFaults

_Address = tuple[str | int, ...]


class Link:
    """Relays datagrams between whoever sends to `uri` and the server of `server_uri`.

    The device is the one that sent last; the server sees the relay's address. What is sent
    over it is not looked at.
    """

    def __init__(self, server_uri: str, faults: LinkFaults) -> None:
        self._scheme, host, port = authority(server_uri)
        self._server = (host, port)
        self._fates: Iterator[tuple[float, ...]] = faults.fates()
        self._device: _Address | None = None
        self._inner: asyncio.DatagramTransport | None = None
        self._outer: asyncio.DatagramTransport | None = None
        self.uri = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _End(self._from_device), local_addr=("127.0.0.1", 0)
        )
        self._outer, _ = await loop.create_datagram_endpoint(
            lambda: _End(self._from_server), remote_addr=self._server
        )
        host, port = self._inner.get_extra_info("sockname")
        self.uri = f"{self._scheme}://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for end in (self._inner, self._outer):
            if end is not None:
                end.close()

    def route(self, uri: str) -> str:
        """Return `uri` as it is reached over this network, where it is the server's."""
        if authority(uri).port != self._server[1]:
            return uri
        return urlunsplit(urlsplit(uri)._replace(netloc=urlsplit(self.uri).netloc))

    def _from_device(self, data: bytes, address: _Address) -> None:
        self._device = address
        self._relay(self._outer, data, None)

    def _from_server(self, data: bytes, _: _Address) -> None:
        if self._device is not None:
            self._relay(self._inner, data, self._device)

    def _relay(
        self, end: asyncio.DatagramTransport | None, data: bytes, to: _Address | None
    ) -> None:
        for delay in next(self._fates):
            asyncio.get_running_loop().call_later(delay, _send, end, data, to)


def _send(end: asyncio.DatagramTransport | None, data: bytes, to: _Address | None) -> None:
    if end is not None and not end.is_closing():
        end.sendto(data, to)


class _End(asyncio.DatagramProtocol):
    """One socket of the relay; unreachable peers are the network's silence."""

    def __init__(self, received: Callable[[bytes, _Address], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: _Address) -> None:
        """Hand a datagram on."""
        self._received(data, addr)
