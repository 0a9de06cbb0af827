"""A UDP socket for IPv4 and IPv6 that takes and sends datagrams in batches."""

import asyncio
import errno
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import structlog

from ..protocol.identity import NOSEC, Identity

Sockaddr = tuple[str, int, int, int]
"""An AF_INET6 address; IPv4 in its mapped form."""

Datagram = tuple[bytes, Sockaddr, bytes | None]
"""What came: its bytes, the address it came from, and IPV6_PKTINFO.

The interface index of IPV6_PKTINFO is the scope of the peer's address, thus 0 but
for link-local ones: answers take the route that the system knows.
"""

Received = Callable[[list[Datagram]], None]
Errored = Callable[[Sockaddr, bytes | None, str], None]
"""Takes the peer that an ICMP error is about (as in `Datagram`), and what it says."""

_log = structlog.get_logger(__name__)

# A burst of registrations while the process is busy must wait in the kernel:
# the usual 208 KiB hold 256 of them.
_RECEIVE_BUFFER: Final = 4 * 1024 * 1024
# One turn of the loop takes no more, so that timers and other sockets get their turn within
# some milliseconds; each turn costs as much as two requests.
_BATCH: Final = 128
# Several times what one packet carries (RFC 7252 §4.6); what is longer is not read.
_LARGEST: Final = 4096
_ANCILLARY: Final = socket.CMSG_SPACE(20)
_ERROR_ANCILLARY: Final = 512
_MOST_WAITING: Final = 4096
_MOST_LOCALS: Final = 1024
# An error of another packet fails a send once, and is gone by that (sk_err, socket(7)).
_ATTEMPTS: Final = 3

_ANY: Final = frozenset(("::", "::ffff:0.0.0.0"))
"""A socket bound to one of these is at all addresses of the host."""

_PKTINFO: Final = socket.IPV6_PKTINFO
_V6: Final = socket.IPPROTO_IPV6
_INDEX: Final = struct.Struct("=I")  # of struct in6_pktinfo, RFC 3542 §6.1
_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")  # struct sock_extended_err, ip(7)
# Of Linux, where the module socket does not name them.
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_MSG_ERRQUEUE: Final = 0x2000
_CUT_OFF: Final = int(socket.MSG_TRUNC)


class UdpSocket:
    """One bound socket; read until it is empty or a batch is full.

    Where it is bound to one address, the kernel is not asked which one each datagram came
    to, nor told which one it goes from: a fifth less of system calls.
    The receive buffer is 4 MiB; where the system gives less, a warning says how much and
    which setting to change. Without SO_REUSEPORT: two servers on one port would share
    each device's packets between them.
    """

    def __init__(self, sock: socket.socket, received: Received, errored: Errored) -> None:
        self._socket = sock
        self._recvmsg = sock.recvmsg
        self._sendmsg = sock.sendmsg
        self._sendto = sock.sendto
        self._own = _own_pktinfo(sock)
        self._take = self._take_anywhere if self._own is None else self._take_here
        self._received = received
        self._errored = errored
        self._loop = asyncio.get_running_loop()
        self._locals: dict[bytes, bytes] = {}
        self._waiting: deque[tuple[bytes, Sockaddr, bytes | None]] = deque()
        self._loop.add_reader(sock, self._readable)

    @classmethod
    async def open(cls, host: str, port: int, received: Received, errored: Errored) -> "UdpSocket":
        """Bind and read. Raises `OSError` where the address is taken or not ours."""
        sock = await bound(host, port)
        try:
            sock.setsockopt(_V6, _IPV6_RECVERR, 1)
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            sock.setsockopt(_V6, socket.IPV6_RECVPKTINFO, int(_own_pktinfo(sock) is None))
            return cls(sock, received, errored)
        except BaseException:
            sock.close()
            raise

    @property
    def port(self) -> int:
        """The local port."""
        return int(self._socket.getsockname()[1])

    def source_to(self, to: Sockaddr) -> bytes | None:
        """Return IPV6_PKTINFO by which the system would send to an address, None for no way.

        What comes back has the same one, by which it is known to be of the same peer.
        """
        host = self._socket.getsockname()[0]
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(_V6, socket.IPV6_V6ONLY, 0)
            try:
                probe.bind((host, 0))
                probe.connect(to)
            except OSError:
                return None
            address = probe.getsockname()[0].partition("%")[0]
        return socket.inet_pton(socket.AF_INET6, address) + _INDEX.pack(to[3])

    def send(self, datagram: bytes, to: Sockaddr, pktinfo: bytes | None = None) -> None:
        """Send; what the kernel has no room for is kept for its next turn, up to a limit.

        Never raises: what cannot be sent to a peer is told to `errored`, later.
        """
        if self._waiting:
            self._wait(datagram, to, pktinfo)
            return
        try:
            # Spelt out, not by `_attempt`: this is the way of nearly every datagram.
            if pktinfo is None or pktinfo == self._own:
                self._sendto(datagram, to)
            else:
                self._sendmsg((datagram,), ((_V6, _PKTINFO, pktinfo),), 0, to)
        except OSError as fault:
            if not self._again(fault, datagram, to, pktinfo):
                self._wait(datagram, to, pktinfo)

    def close(self) -> None:
        """Stop reading and release the port."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._waiting.clear()
        self._socket.close()

    # --- in ---------------------------------------------------------------------------------

    def _readable(self) -> None:
        batch: list[Datagram] = []
        faulty = False
        try:
            self._take(batch)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            faulty = True  # of a packet that was sent; its queue tells which
        if faulty or not batch:
            self._take_errors()
        if batch:
            self._received(batch)

    def _take_anywhere(self, batch: list[Datagram]) -> None:
        """Add what is there to `batch`, up to its limit; `OSError` where there is no more."""
        recvmsg, local_addresses = self._recvmsg, self._locals
        for _ in range(_BATCH):
            data, ancillary, flags, source = recvmsg(_LARGEST, _ANCILLARY)
            if flags & _CUT_OFF:
                continue
            pktinfo = ancillary[0][2] if ancillary else None
            if pktinfo is not None:
                # Known by the packet's own bytes: no address is parsed twice.
                pktinfo = local_addresses.get(pktinfo) or self._local(pktinfo, source)
            batch.append((data, source, pktinfo))

    def _take_here(self, batch: list[Datagram]) -> None:
        """Do the same for a socket of one address."""
        recvfrom, own = self._socket.recvfrom, self._own
        for _ in range(_BATCH):
            data, source = recvfrom(_LARGEST + 1)
            if len(data) <= _LARGEST:
                batch.append((data, source, own))

    def _local(self, pktinfo: bytes, source: Sockaddr) -> bytes:
        """Return IPV6_PKTINFO as answers need it, the same object for equal ones."""
        scoped = pktinfo[:16] + _INDEX.pack(source[3])
        if source[3]:
            return scoped  # of one peer's link: the next may come by another
        if len(self._locals) >= _MOST_LOCALS:
            self._locals.clear()
        return self._locals.setdefault(pktinfo, self._locals.get(scoped, scoped))

    def _take_errors(self) -> None:
        """Empty the queue of ICMP errors, for a batch at most (ip(7), IP_RECVERR)."""
        for _ in range(_BATCH):
            try:
                _, ancillary, _, to = self._recvmsg(_LARGEST, _ERROR_ANCILLARY, _MSG_ERRQUEUE)
            except OSError:
                return
            why, pktinfo = None, self._own
            for level, kind, data in ancillary:
                if (level, kind) in {(_V6, _IPV6_RECVERR), (socket.IPPROTO_IP, _IP_RECVERR)}:
                    why = os.strerror(_EXTENDED_ERROR.unpack_from(data)[0])
                elif (level, kind) == (_V6, _PKTINFO):
                    pktinfo = self._locals.get(data) or self._local(data, to)
            if why is not None:
                self._errored(to, pktinfo, why)

    # --- out --------------------------------------------------------------------------------

    def _again(self, fault: OSError, datagram: bytes, to: Sockaddr, pktinfo: bytes | None) -> bool:
        """Try again after `fault`; return False where the kernel has no room."""
        ancillary = () if pktinfo is None else ((_V6, _PKTINFO, pktinfo),)
        for _ in range(_ATTEMPTS):
            if fault.errno in {errno.EAGAIN, errno.ENOBUFS}:
                return False
            try:
                self._sendmsg((datagram,), ancillary, 0, to)
            except OSError as again:
                fault = again
            else:
                return True
        if self._socket.fileno() >= 0:
            why = os.strerror(fault.errno or 0)
            self._loop.call_soon(self._errored, to, pktinfo, why)
        return True

    def _wait(self, datagram: bytes, to: Sockaddr, pktinfo: bytes | None) -> None:
        """Keep a datagram until there is room; what is too much is lost, as on any link."""
        if len(self._waiting) >= _MOST_WAITING:
            return
        if not self._waiting:
            self._loop.add_writer(self._socket, self._writable)
        self._waiting.append((datagram, to, pktinfo))

    def _writable(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        self._loop.remove_writer(self._socket)
        for datagram, to, pktinfo in waiting:
            self.send(datagram, to, pktinfo)


async def bound(host: str, port: int) -> socket.socket:
    """Return a socket for IPv4 and IPv6, bound, that tells by which address datagrams came.

    Raises `OSError` where the address is taken or not ours.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host,
        port,
        family=socket.AF_INET6,
        type=socket.SOCK_DGRAM,
        flags=socket.AI_V4MAPPED | socket.AI_PASSIVE,
    )
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(_V6, socket.IPV6_V6ONLY, 0)
        sock.setsockopt(_V6, socket.IPV6_RECVPKTINFO, 1)
        _widen(sock)
        sock.bind(found[0][4])
    except BaseException:
        sock.close()
        raise
    return sock


def _own_pktinfo(sock: socket.socket) -> bytes | None:
    """Return IPV6_PKTINFO of all that comes to a socket of one address.

    None for any other, and for an address of a link, which says nothing without the link.
    """
    host, _, _, scope = sock.getsockname()
    if host in _ANY or scope:
        return None
    return socket.inet_pton(socket.AF_INET6, host) + _INDEX.pack(0)


def _widen(sock: socket.socket) -> None:
    """Ask for the receive buffer, and say so where less is given."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    # The kernel doubles what is asked, for its own bookkeeping, and tells that (socket(7)).
    given = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
    if given < _RECEIVE_BUFFER:
        _log.warning(
            "the receive buffer is small, so bursts of requests will be lost",
            bytes=given,
            wanted=_RECEIVE_BUFFER,
            remedy=f"sysctl -w net.core.rmem_max={_RECEIVE_BUFFER}",
        )


class UdpRemote(NamedTuple):
    """A peer over plain UDP: NoSec. Equal tuples are one peer."""

    socket: UdpSocket
    sockaddr: Sockaddr
    pktinfo: bytes | None

    @property
    def address(self) -> str:
        """The text that storage keeps, as `address.Peer` writes it."""
        _, (host, port, _, scope), pktinfo = self
        if host.startswith("::ffff:") and "." in host:
            host = host[7:]
        else:
            host = f"[{host}%{scope}]" if scope else f"[{host}]"
        return f"coap://{host}:{port}{_by(pktinfo)}"

    @property
    def identity(self) -> Identity:
        """Nobody: NoSec proves nothing."""
        return NOSEC

    def send(self, datagram: bytes) -> None:
        """Send from the address that the peer spoke to."""
        socket, sockaddr, pktinfo = self
        socket.send(datagram, sockaddr, pktinfo)


@lru_cache(maxsize=_MOST_LOCALS)
def _by(pktinfo: bytes | None) -> str:
    """Return what an address says of the local one that its peer speaks to."""
    if pktinfo is None:
        return ""
    text = socket.inet_ntop(socket.AF_INET6, pktinfo[:16])
    return "?local=" + text.removeprefix("::ffff:")
