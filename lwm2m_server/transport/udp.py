"""A UDP socket for IPv4 and IPv6 that takes and sends datagrams in batches."""

from collections.abc import Callable
from typing import NamedTuple

Datagram = tuple[bytes, tuple[str, int, int, int], bytes | None]
"""What came: its bytes, the AF_INET6 address it came from, and IPV6_PKTINFO."""

Received = Callable[[list[Datagram]], None]
Errored = Callable[[tuple[str, int, int, int], str], None]
"""Takes the address that an ICMP error is about, and what it says."""


class UdpSocket:
    """One bound socket; read by `recvmsg` until it is empty or a batch is full.

    The receive buffer is 4 MiB; where the system gives less, a warning says how much and
    which setting to change. Without SO_REUSEPORT: two servers on one port would share
    each device's packets between them.
    """

    @classmethod
    async def open(cls, host: str, port: int, received: Received, errored: Errored) -> "UdpSocket":
        """Bind and read. Raises `OSError` where the address is taken or not ours."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The local port."""
        raise NotImplementedError

    def send(
        self, datagram: bytes, to: tuple[str, int, int, int], pktinfo: bytes | None = None
    ) -> None:
        """Send; what the kernel has no room for is kept for its next turn, up to a limit."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop reading and release the port."""
        raise NotImplementedError


class UdpRemote(NamedTuple):
    """A peer over plain UDP: NoSec. Equal tuples are one peer."""

    socket: UdpSocket
    sockaddr: tuple[str, int, int, int]
    pktinfo: bytes | None
