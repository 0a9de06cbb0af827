"""The device's UDP socket and the aiocoap context that stands on it."""

import asyncio
from typing import Any, Final

import aiocoap
from aiocoap.messagemanager import MessageManager
from aiocoap.tokenmanager import TokenManager
from aiocoap.transports.udp6 import MessageInterfaceUDP6

_ANY_PORT: Final = ("::", 0)
_BAD_OPTION: Final = 0x82
_CONFIRMABLE, _ACKNOWLEDGEMENT = 0, 2


class DeviceSocket(MessageInterfaceUDP6):  # type: ignore[misc] # aiocoap ships no types
    """aiocoap's socket, which answers options that are no UTF-8 instead of stumbling over them."""

    def datagram_msg_received(self, data: bytes, ancdata: Any, flags: int, address: Any) -> None:
        """Hand a datagram up; a request whose text cannot be read is a bad option."""
        try:
            super().datagram_msg_received(data, ancdata, flags, address)
        except UnicodeDecodeError:
            if (answer := bad_option(data)) is not None:
                self.transport.sendmsg(answer, ancdata, 0, address)


async def open_context(site: Any) -> aiocoap.Context:
    """Return a context that serves `site` from a free port of every address."""
    loop = asyncio.get_running_loop()
    context = aiocoap.Context(loop=loop, serversite=site)
    tokens = TokenManager(context)
    tokens.token_interface = messages = MessageManager(tokens)
    messages.message_interface = await DeviceSocket.create_server_transport_endpoint(
        messages, log=context.log, loop=loop, bind=_ANY_PORT, multicast=[]
    )
    context.request_interfaces.append(tokens)
    return context


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
