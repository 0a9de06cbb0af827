"""The socket on loopback: both families, batches, ICMP errors, full buffers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from lwm2m_server.protocol.identity import NOSEC
from lwm2m_server.transport.address import Peer
from lwm2m_server.transport.udp import Datagram, UdpRemote, UdpSocket, _widen

from .waiting import until


class Bound:
    """A socket, what it received by batches, and what it was told of errors."""

    def __init__(self) -> None:
        self.batches: list[list[Datagram]] = []
        self.errors: list[tuple[Any, bytes | None, str]] = []
        self.socket: UdpSocket

    @property
    def datagrams(self) -> list[Datagram]:
        return [one for batch in self.batches for one in batch]

    async def received(self, number: int) -> list[Datagram]:
        await until(lambda: len(self.datagrams) >= number)
        return self.datagrams


@contextlib.asynccontextmanager
async def bound(host: str = "::") -> AsyncIterator[Bound]:
    one = Bound()
    one.socket = await UdpSocket.open(
        host, 0, one.batches.append, lambda *told: one.errors.append(told)
    )
    try:
        yield one
    finally:
        one.socket.close()


def device(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(5)
    return sock


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1"])
async def test_a_peer_is_answered_from_the_address_it_spoke_to(host: str) -> None:
    async with bound() as one:
        with device(host) as sock:
            sock.sendto(b"hello", (host, one.socket.port))
            ((data, source, pktinfo),) = await one.received(1)
            remote = UdpRemote(one.socket, source, pktinfo)
            assert (data, remote.identity) == (b"hello", NOSEC)
            authority = f"[{host}]" if ":" in host else host
            port = sock.getsockname()[1]
            assert remote.address == f"coap://{authority}:{port}?local={host}"
            remote.send(b"welcome")
            answer, sender = sock.recvfrom(100)
            assert (answer, sender[:2]) == (b"welcome", (host, one.socket.port))


async def test_a_peer_that_storage_knows_is_the_same_peer() -> None:
    async with bound() as one:
        with device("127.0.0.1") as sock:
            sock.sendto(b"", ("127.0.0.1", one.socket.port))
            sock.sendto(b"x", ("127.0.0.1", one.socket.port))
            (_, source, pktinfo), (_, again, same) = await one.received(2)
            remote = UdpRemote(one.socket, source, pktinfo)
            peer = Peer.parse(remote.address)
            assert UdpRemote(one.socket, peer.sockaddr, peer.pktinfo) == remote
            assert str(peer) == remote.address
            assert source == again
            assert pktinfo is same  # a hundred thousand peers share it


@pytest.mark.parametrize(
    ("sockaddr", "text"),
    [
        (("::ffff:192.0.2.7", 56830, 0, 0), "coap://192.0.2.7:56830"),
        (("2001:db8::7", 5683, 0, 0), "coap://[2001:db8::7]:5683"),
        (("fe80::7", 5683, 0, 3), "coap://[fe80::7%3]:5683"),
        (("::ffff:0:1", 5683, 0, 0), "coap://[::ffff:0:1]:5683"),
    ],
)
async def test_addresses_are_written_as_storage_keeps_them(sockaddr: Any, text: str) -> None:
    async with bound("::1") as one:
        for local in (None, "192.0.2.1", "2001:db8::1"):
            peer = Peer(sockaddr[0].removeprefix("::ffff:") if "." in sockaddr[0] else sockaddr[0],
                        sockaddr[1], sockaddr[3], local)  # fmt: skip
            mapped = f"::ffff:{local}" if local and ":" not in local else local
            pktinfo = mapped and socket.inet_pton(socket.AF_INET6, mapped) + bytes(4)
            remote = UdpRemote(one.socket, sockaddr, pktinfo)
            assert remote.address == text + (f"?local={local}" if local else "") == str(peer)


async def test_a_turn_takes_a_bounded_batch_and_nothing_is_lost() -> None:
    async with bound() as one:
        with device("127.0.0.1") as sock:
            for number in range(1000):
                sock.sendto(b"%d" % number, ("127.0.0.1", one.socket.port))
            datagrams = await one.received(1000)
        assert [int(data) for data, _, _ in datagrams] == list(range(1000))
        assert max(len(batch) for batch in one.batches) == 128


async def test_what_is_longer_than_is_read_is_ignored() -> None:
    async with bound() as one:
        with device("127.0.0.1") as sock:
            for length in (4097, 4096):
                sock.sendto(bytes(length), ("127.0.0.1", one.socket.port))
            assert [len(data) for data, _, _ in await one.received(1)] == [4096]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_an_icmp_error_is_told_of_its_peer_and_fails_no_other(host: str) -> None:
    async with bound() as one:
        with device(host) as gone, device(host) as there:
            for sock in (gone, there):
                sock.sendto(b"hello", (host, one.socket.port))
            datagrams = await one.received(2)
        remotes = [UdpRemote(one.socket, source, pktinfo) for _, source, pktinfo in datagrams]
        remotes[0].send(b"to nobody")
        with device(host) as other:
            to = socket.getaddrinfo(
                *other.getsockname()[:2], family=socket.AF_INET6, flags=socket.AI_V4MAPPED
            )[0][4]
            for _ in range(3):
                remotes[0].send(b"to nobody")
                one.socket.send(b"to somebody", to)  # type: ignore[arg-type]
                assert other.recv(100) == b"to somebody"
        await until(lambda: one.errors)
        told = {UdpRemote(one.socket, to, pktinfo) for to, pktinfo, _ in one.errors}
        assert told == {remotes[0]}
        assert {why for _, _, why in one.errors} == {"Connection refused"}


async def test_what_cannot_be_sent_is_told_and_raises_nothing() -> None:
    async with bound("::1") as one:
        one.socket.send(bytes(70_000), ("::1", 9, 0, 0))
        assert one.errors == []
        await asyncio.sleep(0)
        assert [why for _, _, why in one.errors] == ["Message too long"]


class Full:
    """A socket without room for what is sent, until there is."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.full = True
        self.sent: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def sendmsg(self, parts: Any, *_: Any) -> None:
        if self.full:
            raise BlockingIOError(11, "no room")
        self.sent += parts

    def sendto(self, datagram: bytes, *_: Any) -> None:
        self.sendmsg((datagram,))


async def test_what_there_is_no_room_for_waits_in_order_up_to_a_limit() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as real:
        full = Full(real)
        one = UdpSocket(full, lambda _: None, lambda *_: None)  # type: ignore[arg-type]
        for number in range(5000):
            one.send(b"%d" % number, ("::1", 9, 0, 0))
        await asyncio.sleep(0.01)
        assert full.sent == []
        full.full = False
        await until(lambda: full.sent)
        one.send(b"after", ("::1", 9, 0, 0))
        assert full.sent == [b"%d" % number for number in range(4096)] + [b"after"]
        one.close()


async def test_an_address_in_use_is_an_os_error() -> None:
    async with bound("::1") as one:
        with pytest.raises(OSError, match="in use"):
            await UdpSocket.open("::1", one.socket.port, lambda _: None, lambda *_: None)


class Narrow:
    def setsockopt(self, *_: int) -> None:
        pass

    def getsockopt(self, *_: int) -> int:
        return 425984


def test_a_small_receive_buffer_is_told_with_its_remedy() -> None:
    with capture_logs() as logs:
        _widen(Narrow())  # type: ignore[arg-type]
    assert logs[0]["bytes"] == 212992
    assert "net.core.rmem_max=4194304" in logs[0]["remedy"]


async def test_closing_twice_is_no_fault() -> None:
    async with bound() as one:
        one.socket.close()
        one.socket.send(b"", ("::1", 9, 0, 0))
        await asyncio.sleep(0)
        assert one.errors == []
