"""The aiocoap Context of a server: applications above it, and TCP and TLS devices below."""

import asyncio
import ssl
from collections.abc import Mapping

import aiocoap

from ..coap.limits import LIMITS, Limits
from ..coap.tuning import TUNING, Tuning
from ..protocol.identity import Identity
from .connections import Connection, Judge, Listener, Tokens
from .context import CoreInterface, handed_to
from .conversations import Conversations, ConversationsDriver
from .driver import Driver
from .exchanges import Carrier, Carriers
from .handler import Handler, Sender
from .mount import Mount
from .udp import UdpSocket


class Application:
    """One Context beside the message layer; `mount.site` takes aiocoap's resources.

    Requests that applications make by `context` leave by whatever reaches their peer.
    """

    def __init__(
        self,
        routes: Mapping[str, Handler],
        limits: Limits = LIMITS,
        tuning: Tuning = TUNING,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.mount = Mount(routes, sender_of, loop.time, limits)
        self.context = aiocoap.Context(loop=loop, serversite=self.mount)
        self.otherwise: Handler = handed_to(self.context)
        self.listeners: list[Listener] = []
        self._limits = limits
        self._tuning = tuning

    def plug(self, driver: Driver, udp: UdpSocket) -> None:
        """Let the Context's requests to `coap://` leave by our own message layer."""
        self.context.request_interfaces.append(CoreInterface(driver, udp))

    async def listen(
        self,
        carriers: Carriers,
        host: str,
        port: int,
        judge: Judge = lambda _: None,
        tls: ssl.SSLContext | None = None,
    ) -> int:
        """Serve devices over TCP, or TLS where `tls` is given; return the port.

        Raises `OSError`. `judge` tells who presents a certificate.
        """
        scheme = "coap+tcp" if tls is None else "coaps+tcp"
        tokens = Tokens(self.context)
        listener = Listener(tokens, scheme, judge, self._limits)
        tokens.token_interface = listener
        port = await listener.open(host, port, tls)
        self.listeners.append(listener)
        self.context.request_interfaces.append(tokens)
        conversations = Conversations(
            self.context, tokens.request_as, lambda remote: remote, self._limits, self._tuning
        )
        carriers.add(scheme, Carrier(ConversationsDriver(conversations), listener.find, port))
        return port

    def end(self, identity: Identity) -> None:
        """Close all connections of an identity."""
        for listener in self.listeners:
            listener.end(identity)

    async def aclose(self) -> None:
        """Release all connections; what awaits an answer fails."""
        if self.context.request_interfaces:
            await self.context.shutdown()


def sender_of(remote: object) -> Sender | None:
    """Return who is at the other end of a connection; ours have been asked already."""
    return remote if isinstance(remote, Connection) else None
