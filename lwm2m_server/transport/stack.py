"""aiocoap's layers, mended where a fleet meets their limits.

aiocoap stacks a token manager on a message manager on a socket. Each is
subclassed here for what it gets wrong towards many devices; every override
says which clause or which fault it is about.
"""

import asyncio
import secrets
import socket
from collections import OrderedDict
from typing import Any

import aiocoap
from aiocoap import Message, error
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import ACK, CON, NON, RST
from aiocoap.pipe import Pipe
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6, UDP6EndpointAddress

from .address import Peer
from .options import refused_option

# RFC 7252 §5.3.1: at least 32 bits of randomness; longer ones cost every packet.
_TOKEN_LENGTH = 4
_PEERS_WITH_MESSAGE_ID = 65536
# A burst of registrations while the process is busy must wait in the kernel:
# the usual 208 KiB hold 256 of them.
_RECEIVE_BUFFER = 4 * 1024 * 1024


class StandingPipe(Pipe):  # type: ignore[misc] # aiocoap ships no types
    """A request whose answers go on: an observation, once the device has accepted it."""

    standing = False


class Tokens(TokenManager):  # type: ignore[misc] # aiocoap ships no types
    """Matches responses to requests."""

    _wanted: bytes | None = None

    def next_token(self) -> bytes:
        """Return the token asked for, else a random one.

        A counter would repeat after a restart what devices still notify with.
        """
        wanted, self._wanted = self._wanted, None
        return wanted or secrets.token_bytes(_TOKEN_LENGTH)

    def request_as(self, pipe: Pipe, token: bytes | None) -> None:
        """Send a request, with a token of the caller's choice where one is given."""
        self._wanted = token
        self.request(pipe)

    def dispatch_error(self, exception: Exception, remote: Any) -> None:
        """Fail what awaits an answer of `remote`; observations and requests of its own go on.

        An ICMP message may be transient or forged; a device that has really gone
        registers anew, and is observed anew.
        """
        failed = [
            pipe
            for (_, peer), pipe in (self.outgoing_requests or {}).items()
            if peer == remote and not getattr(pipe, "standing", False)
        ]
        for pipe in failed:
            pipe.add_exception(error.NetworkError(str(exception)))


class Messages(MessageManager):  # type: ignore[misc] # aiocoap ships no types
    """Message identifiers, retransmission and duplicates."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens)
        self._message_ids: OrderedDict[Any, int] = OrderedDict()
        self._sending_to: Any = None

    def send_message(self, message: Message, messageerror_monitor: Any) -> Any:
        """Note the peer, for its message identifier."""
        self._sending_to = message.remote
        return super().send_message(message, messageerror_monitor)

    def _next_message_id(self) -> int:
        """Count for each peer by itself (RFC 7252 §4.4).

        One counter for all repeats an identifier to the same device within
        EXCHANGE_LIFETIME as soon as a few transfers run side by side.
        """
        last = self._message_ids.pop(self._sending_to, None)
        message_id = secrets.randbelow(65536) if last is None else (last + 1) & 0xFFFF
        self._message_ids[self._sending_to] = message_id
        if len(self._message_ids) > _PEERS_WITH_MESSAGE_ID:
            self._message_ids.popitem(last=False)
        return message_id

    def dispatch_message(self, message: Message) -> None:
        """Ignore an ACK or RST of no running exchange (RFC 7252 §4.2).

        A late ACK of the previous block would otherwise answer the present one,
        since all blocks of a transfer share a token.
        """
        if message.mtype in (ACK, RST):
            key = (message.remote, message.mid)
            if self._active_exchanges is None or key not in self._active_exchanges:
                return
        if message.mtype is NON and message.code.is_request() and refused_option(message):
            return  # RFC 7252 §5.4.1: rejected, which for these means ignored (§4.3)
        super().dispatch_message(message)

    def _retransmit(self, message: Message, timeout: float, retransmission_counter: int) -> None:
        """After the last retransmission fail this exchange, not everything of the device."""
        if retransmission_counter < message.transport_tuning.MAX_RETRANSMIT:
            super()._retransmit(message, timeout, retransmission_counter)
            return
        fail, _ = self._active_exchanges.pop((message.remote, message.mid))
        fail()
        self._continue_backlog(message.remote)


class Socket(MessageInterfaceUDP6):  # type: ignore[misc] # aiocoap ships no types
    """One UDP socket for IPv4 and IPv6, server and client at once."""

    _socket: socket.socket

    @classmethod
    async def open(cls, messages: Messages, host: str, port: int) -> "Socket":
        """Bind. Raises `OSError` where the address is taken or not ours.

        Without SO_REUSEPORT, which aiocoap sets: two servers on one port would
        share each device's packets between them.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host,
            port,
            family=socket.AF_INET6,
            type=socket.SOCK_DGRAM,
            flags=socket.AI_V4MAPPED | socket.AI_PASSIVE,
        )
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            sock.settimeout(0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            sock.bind(found[0][4])
            opened: Socket = await cls._create_transport_endpoint(
                sock, messages, messages.log, loop
            )
        except BaseException:
            sock.close()
            raise
        opened._socket = sock
        return opened

    def send(self, message: Message) -> None:
        """Send, whatever the kernel has against the socket.

        With IP_RECVERR, an ICMP error about one device fails the next packet to any
        other, and aiocoap then gives that one up. The error stays in its queue, from
        where it is told of the device that it is about.
        """
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        super().send(message)

    @property
    def port(self) -> int:
        """The local port."""
        return int(self._local_port())

    def remote(self, peer: Peer) -> UDP6EndpointAddress:
        """Return the peer as aiocoap addresses it."""
        return UDP6EndpointAddress(peer.sockaddr, self, pktinfo=peer.pktinfo)

    def datagram_msg_received(self, data: bytes, ancdata: Any, flags: int, address: Any) -> None:
        """Let only well-formed headers in, and answer an option that is no UTF-8."""
        if not _well_formed(data):
            return  # RFC 7252 §4.2 and §4.3: rejected by ignoring it
        try:
            super().datagram_msg_received(data, ancdata, flags, address)
        except UnicodeDecodeError as fault:
            self.log.info("Refusing an option that is no UTF-8 from %s: %s", address, fault)
            refusal = _refusal(data, f"an option is no UTF-8: {fault.reason}")
            if refusal is not None:
                self.transport.sendmsg(refusal, ancdata, 0, address)


def _well_formed(data: bytes) -> bool:
    """Whether `data` starts as a CoAP message of version 1 does (RFC 7252 §3)."""
    if len(data) < 4 or data[0] >> 6 != 1:
        return False
    token_length = data[0] & 15
    return token_length <= 8 and len(data) >= 4 + token_length


def _refusal(data: bytes, diagnostic: str) -> bytes | None:
    """Return a piggybacked 4.02 (RFC 7252 §5.4.1, §5.4.3) to a confirmable request, else None."""
    is_request = 1 <= data[1] <= 31
    if data[0] >> 4 & 3 != CON or not is_request:
        return None
    token_length = data[0] & 15
    header = bytes((0x40 | ACK << 4 | token_length, Code.BAD_OPTION)) + data[2:4]
    return header + data[4 : 4 + token_length] + b"\xff" + diagnostic.encode()


class Stack:
    """Socket, messages, tokens and context, in one piece."""

    def __init__(self, context: aiocoap.Context, tokens: Tokens, socket_: Socket) -> None:
        self.context = context
        self.tokens = tokens
        self.socket = socket_

    @classmethod
    async def open(cls, site: Any, host: str, port: int) -> "Stack":
        """Bind, and serve `site`. Raises `OSError`."""
        context = aiocoap.Context(loop=asyncio.get_running_loop(), serversite=site)
        tokens = Tokens(context)
        messages = Messages(tokens)
        messages.message_interface = await Socket.open(messages, host, port)
        tokens.token_interface = messages
        context.request_interfaces.append(tokens)
        return cls(context, tokens, messages.message_interface)

    async def aclose(self) -> None:
        """Fail what is under way and close the socket."""
        await self.context.shutdown()
