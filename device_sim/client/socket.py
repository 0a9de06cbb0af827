"""The device's UDP socket and the aiocoap context that stands on it."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import aiocoap
from aiocoap.messagemanager import MessageManager
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6

from .dtls import Security
from .secure import SecurePeers

_ANY_PORT: Final = ("::", 0)
_BAD_OPTION: Final = 0x82
_CONFIRMABLE, _ACKNOWLEDGEMENT = 0, 2


class DeviceSocket(MessageInterfaceUDP6):  # type: ignore[misc] # aiocoap ships no types
    """aiocoap's socket, with DTLS below it for the peers that `coaps` URIs lead to.

    It answers options that are no UTF-8 instead of stumbling over them.
    """

    peers: SecurePeers
    listens: Callable[[], bool] = staticmethod(lambda: True)

    def secure(self, security: Security | None) -> None:
        """Have `security` prove who the device is; to be called once."""
        self.peers = SecurePeers(security, self._sendto)

    async def determine_remote(self, request: Any) -> Any:
        """Find the peer of a request; of a `coaps` URI only where the device can prove itself."""
        secured = self.peers.able and request.requested_scheme == "coaps"
        if secured:  # the URI has its port, and options do not tell the scheme
            request.requested_scheme = "coap"
        remote = await super().determine_remote(request)
        if secured:
            self.peers.add(remote.sockaddr)
        return remote

    def send(self, message: Any) -> None:
        """Send a message, sealed where its peer is spoken to over DTLS."""
        if message.remote.sockaddr in self.peers:
            self.peers.send(message.encode(), message.remote.sockaddr)
        else:
            super().send(message)

    def datagram_msg_received(self, data: bytes, ancdata: Any, flags: int, address: Any) -> None:
        """Hand a datagram up, or what it sealed: from such a peer nothing else is taken."""
        if not self.listens():  # the radio is off
            return
        secured = address in self.peers
        for one in self.peers.receive(data, address) if secured else (data,):
            try:
                super().datagram_msg_received(one, ancdata, flags, address)
            except UnicodeDecodeError:
                if (answer := bad_option(one)) is None:
                    continue
                if secured:
                    self.peers.send(answer, address)
                else:
                    self.transport.sendmsg(answer, ancdata, 0, address)

    async def shutdown(self) -> None:
        """Take leave of the secured peers and close."""
        self.peers.close()
        await super().shutdown()

    def _sendto(self, datagram: bytes, address: Any) -> None:
        self.transport.sendmsg(datagram, [], 0, address)


async def open_context(
    site: Any, security: Security | None = None
) -> tuple[aiocoap.Context, DeviceSocket]:
    """Return a context that serves `site` from a free port of every address, and its socket."""
    loop = asyncio.get_running_loop()
    context = aiocoap.Context(loop=loop, serversite=site)
    tokens = TokenManager(context)
    tokens.token_interface = messages = MessageManager(tokens)
    socket = await DeviceSocket.create_server_transport_endpoint(
        messages, log=context.log, loop=loop, bind=_ANY_PORT, multicast=[]
    )
    socket.secure(security)
    messages.message_interface = socket
    context.request_interfaces.append(tokens)
    return context, socket


def bad_option(data: bytes) -> bytes | None:
    """Return 4.02 on the acknowledgement of a confirmable request, None for all else.

    RFC 7252 §5.4.3: an option whose value is malformed is treated as one that is not
    known, and a critical one of these is answered so in a confirmable request
    and silently passed over in any other message (§5.4.1).
    """
    first, code = data[:2]
    if (first >> 4 & 3) != _CONFIRMABLE or not 1 <= code <= 31:
        return None
    token_length = first & 15
    head = bytes((1 << 6 | _ACKNOWLEDGEMENT << 4 | token_length, _BAD_OPTION))
    return head + data[2 : 4 + token_length]
