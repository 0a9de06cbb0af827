"""Plain CoAP over UDP: a socket, and the driver that takes what comes there."""

from .driver import Driver
from .udp import Datagram, Sockaddr, UdpRemote, UdpSocket


class PlainPort:
    """A UDP port without security; its peers are `UdpRemote`, and prove nothing."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._socket: UdpSocket | None = None

    async def open(self, host: str, port: int) -> UdpSocket:
        """Bind (0 lets the system choose the port) and serve. Raises `OSError`."""
        self._socket = await UdpSocket.open(host, port, self._received, self._errored)
        return self._socket

    def close(self) -> None:
        """Release the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _received(self, datagrams: list[Datagram]) -> None:
        socket = self._socket
        if socket is not None:
            self._driver.received(
                [(UdpRemote(socket, source, local), data) for data, source, local in datagrams]
            )

    def _errored(self, to: Sockaddr, local: bytes | None, why: str) -> None:
        if self._socket is not None:
            self._driver.unreachable(UdpRemote(self._socket, to, local), why)
