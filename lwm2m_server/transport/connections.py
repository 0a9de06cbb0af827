"""CoAP over TCP and TLS (RFC 8323), by aiocoap's own transport, mended for many devices."""

import asyncio
import secrets
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from aiocoap.message import Message
from aiocoap.numbers.codes import EMPTY, PING, PONG
from aiocoap.pipe import Pipe
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.tcp import TcpConnection, TCPServer

from ..coap.limits import LIMITS, Limits
from ..protocol.identity import NOSEC, Identity
from ..protocol.registration import Registration
from ..service.ports import Unreachable
from .address import Peer

_LARGEST_MESSAGE: Final = 128 * 1024
# RFC 8323 §5.3: the first message is a CSM; who sends none holds a connection for nothing.
_FIRST_WORD: Final = 15.0
_BACKLOG: Final = 1024
_TOKEN_LENGTH: Final = 8


class Tokens(TokenManager):  # type: ignore[misc] # aiocoap ships no types
    """Matches responses to requests; each token is random, or of the caller's choice."""

    _wanted: bytes | None = None

    def next_token(self) -> bytes:
        """Return the token asked for, else one that nobody can foresee."""
        wanted, self._wanted = self._wanted, None
        return wanted or secrets.token_bytes(_TOKEN_LENGTH)

    def request_as(self, pipe: Pipe, token: bytes | None) -> None:
        """Send a request: a cancellation goes by its observation's token (RFC 7641 §3.6)."""
        self._wanted = token
        self.request(pipe)


Judge = Callable[[bytes], Identity | None]
"""Returns who presents a certificate (DER), None for a stranger."""


class Connection(TcpConnection):  # type: ignore[misc] # aiocoap ships no types
    """One device's connection: a `Sender`, and aiocoap's remote at once."""

    _my_max_message_size = _LARGEST_MESSAGE

    def __init__(self, listener: "Listener") -> None:
        super().__init__(listener, listener.log, asyncio.get_running_loop(), is_server=True)
        self._listener = listener
        self._silence: asyncio.TimerHandle | None = None
        self.address = ""
        self.identity: Identity = NOSEC
        self.pending = 0

    def connection_made(self, transport: Any) -> None:
        """Note who the peer is, and have it speak soon."""
        ends = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self.address = str(Peer.over(self._listener.scheme, *ends))
        super().connection_made(transport)
        self.identity = self._listener.identity_of(transport.get_extra_info("ssl_object"))
        self._silence = self.loop.call_later(_FIRST_WORD, self._still_silent)
        self._listener.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what awaits an answer of this peer."""
        self.close()
        super().connection_lost(exc)

    def close(self) -> None:
        """End the connection; what awaits an answer fails."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        self._listener.closed(self)
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what came; what is no CoAP ends the connection (RFC 8323 §5.6)."""
        self._listener.heard(self)
        try:
            super().data_received(data)
        except Exception as fault:  # noqa: BLE001 - aiocoap lets a peer's bad UTF-8 through, for one
            self.log.info("Not understood, closing %s: %r", self.address, fault)
            self.abort("not understood")

    def pause_writing(self) -> None:
        """Take nothing more of a peer that does not read: its answers would pile up."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on once the peer has read."""
        self._transport.resume_reading()

    def _process_signaling(self, msg: Message) -> None:
        if msg.code == PING:  # aiocoap builds its Pong by a deprecated argument
            self._send_message(Message(code=PONG, _token=msg.token))
        else:
            super()._process_signaling(msg)

    def _still_silent(self) -> None:
        if self._remote_settings is None:
            self.abort("no CSM came")

    def send(self, datagram: bytes) -> None:
        """Nothing: requests over a connection go by the Context (`conversations`)."""


class Listener(TCPServer):  # type: ignore[misc] # aiocoap ships no types
    """All connections to one port, by the address of their peers.

    At `Limits.sessions` the one that was silent longest is closed. aiocoap's own server would
    share the port with others (SO_REUSEPORT), and cannot let the system choose it.
    """

    def __init__(
        self,
        tokens: TokenManager,
        scheme: str,
        judge: Judge,
        limits: Limits = LIMITS,
    ) -> None:
        super().__init__()
        self.log = tokens.log
        self.scheme = self._scheme = scheme
        self.by_address: OrderedDict[str, Connection] = OrderedDict()
        self._tokenmanager = tokens
        self._judge = judge
        self._limits = limits

    async def open(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Listen, by TLS where `context` is given; return the port. Raises `OSError`."""
        # asyncio would make a socket for "::" one of IPv6 alone.
        sock = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            dualstack_ipv6=":" in host,
            backlog=_BACKLOG,
        )
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Connection(self), sock=sock, ssl=context)
        return int(self.server.sockets[0].getsockname()[1])

    def find(self, registration: Registration) -> Connection:
        """Return the connection of a registered endpoint; raises `Unreachable`."""
        connection = self.by_address.get(registration.address)
        if connection is None or connection.identity != registration.identity:
            raise Unreachable("the connection is gone; only the device can begin another")
        return connection

    def end(self, identity: Identity) -> None:
        """Close all connections of an identity."""
        for connection in [one for one in self._pool if one.identity == identity]:
            connection.close()

    def opened(self, connection: Connection) -> None:
        """Take note of a connection, and make room for it."""
        if len(self.by_address) >= self._limits.sessions:
            next(iter(self.by_address.values())).close()
        self.by_address[connection.address] = connection
        self._pool.add(connection)

    def heard(self, connection: Connection) -> None:
        """Take note that a peer is not silent."""
        if connection.address in self.by_address:
            self.by_address.move_to_end(connection.address)

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._pool.discard(connection)
        if self.by_address.get(connection.address) is connection:
            del self.by_address[connection.address]

    def identity_of(self, tls: ssl.SSLObject | None) -> Identity:
        """Return who a peer has proven to be by its certificate."""
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        return (self._judge(certificate) if certificate else None) or NOSEC

    def _dispatch_incoming(self, connection: Connection, msg: Message) -> None:
        if msg.code == EMPTY:
            return  # RFC 8323 §3.4: ignored
        if msg.code.is_request() or msg.code.is_response():
            super()._dispatch_incoming(connection, msg)

    async def shutdown(self) -> None:
        """Release all connections and the port (RFC 8323 §5.5)."""
        self._tokenmanager = None
        self.server.close()
        for connection in tuple(self._pool):
            await connection.release()
            connection.close()
        await self.server.wait_closed()
