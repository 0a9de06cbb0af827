"""Our message layer as a request interface of an aiocoap Context.

Requests that applications make through the Context leave by our sockets; requests that no
route of ours takes are given to the Context's site. Nothing of a device's daily traffic
comes this way.
"""

import asyncio
import socket
import sys
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import aiocoap
from aiocoap import error, interfaces
from aiocoap.message import UndecidedRemote
from aiocoap.pipe import Pipe
from aiocoap.util import hostportsplit

from ..coap.endpoint import Exchange, Incoming, Outcome
from ..coap.errors import Failure, Malformed, Reset, TimedOut
from ..coap.message import Message
from ..coap.numbers import PORT
from ..protocol.identity import NOSEC, Identity
from .driver import Driver
from .exchanges import scheme_of
from .handler import Handler, Pending, Sender
from .translation import from_aiocoap, to_aiocoap
from .udp import Sockaddr, UdpRemote, UdpSocket

_FAULTS: Final[dict[type[Failure], type[error.Error]]] = {
    TimedOut: error.ConRetransmitsExceeded,
    Reset: error.MessageError,
}


@dataclass(frozen=True, slots=True)
class Address(interfaces.EndpointAddress):  # type: ignore[misc] # aiocoap ships no types
    """A peer of our message layer, as aiocoap addresses it."""

    sender: Sender

    @property
    def hostinfo(self) -> str:
        """`HOST:PORT` of the peer."""
        return self.sender.address.partition("://")[2].partition("?")[0]

    @property
    def hostinfo_local(self) -> str:
        """The address of ours that the peer spoke to, where it is known."""
        return self.sender.address.partition("?local=")[2]

    @property
    def scheme(self) -> str:
        """`coap` or `coaps`."""
        return scheme_of(self.sender.address)

    @property
    def uri_base(self) -> str:
        """The peer as a URI without a path."""
        return f"{self.scheme}://{self.hostinfo}"

    @property
    def uri_base_local(self) -> str:
        """Our side as a URI without a path."""
        return f"{self.scheme}://{self.hostinfo_local}"

    @property
    def is_multicast(self) -> bool:
        """Never: requests go to one peer."""
        return False

    @property
    def is_multicast_locally(self) -> bool:
        """Never: the socket has joined no group."""
        return False

    @property
    def authenticated_claims(self) -> tuple[Identity, ...]:
        """Who the peer has proven to be, if anybody."""
        identity = self.sender.identity
        return () if identity == NOSEC else (identity,)

    @property
    def blockwise_key(self) -> Sender:
        """What blocks of one body have in common."""
        return self.sender


class Asker(Address):
    """A peer whose request is served: the message layer cuts its answer, not aiocoap."""

    @property
    def maximum_payload_size(self) -> int:
        """As long as any answer is."""
        return sys.maxsize


class CoreInterface(interfaces.RequestInterface):  # type: ignore[misc] # aiocoap ships no types
    """Carries a Context's requests to `coap://` and `coaps://` by our own sockets.

    A DTLS session can only be begun by the peer: requests over one need the `remote` of a
    request that came over it.
    """

    def __init__(self, driver: Driver, udp: UdpSocket) -> None:
        self._driver = driver
        self._udp = udp

    async def fill_or_recognize_remote(self, message: aiocoap.Message) -> bool:
        """Say whether `message` goes this way, with its remote resolved."""
        if isinstance(message.remote, Address):
            message.remote = Address(message.remote.sender)
            return True
        if not isinstance(message.remote, UndecidedRemote):
            return False
        if message.requested_scheme == "coaps":
            raise error.NetworkError("only a peer begins a DTLS session here; ask by its remote")
        if message.requested_scheme != "coap":
            return False
        to = await _resolved(message)
        message.remote = Address(UdpRemote(self._udp, to, self._udp.source_to(to)))
        return True

    def request(self, pipe: Pipe) -> None:
        """Send what a pipe asks for, and put what comes back into it."""
        try:
            request = from_aiocoap(pipe.request)
        except (Malformed, ValueError) as fault:
            pipe.add_exception(error.UnparsableMessage(str(fault)))
            return
        remote, now, endpoint = pipe.request.remote, self._driver.now(), self._driver.endpoint
        observing = request.options.observe == 0

        def heard(message: Message) -> None:
            more = observing and message.options.observe is not None
            pipe.add_response(to_aiocoap(message, remote, incoming=True), is_last=not more)

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Failure):
                pipe.add_exception(_error_of(outcome))
            else:
                heard(outcome)

        exchange: Exchange
        if observing:
            exchange = endpoint.observe(remote.sender, request, done, heard, now)
        else:
            exchange = endpoint.request(remote.sender, request, done, now)
        pipe.on_interest_end(lambda: self._cancel(exchange))
        self._driver.flush()

    async def shutdown(self) -> None:
        """Nothing: the sockets are the server's."""

    def _cancel(self, exchange: Exchange) -> None:
        self._driver.endpoint.cancel(exchange, self._driver.now())
        self._driver.flush()


def handed_to(context: aiocoap.Context) -> Handler:
    """Return the handler that gives requests to the site of a Context.

    Bodies come and go whole: blocks are the message layer's. A resource is rendered once
    for each request; observing it is not offered (RFC 7641 §4.1 leaves that open).
    """

    def handle(incoming: Incoming) -> Message | Pending:
        told = incoming.message
        options = replace(told.options, observe=None, block1=None, block2=None)
        address = Asker(incoming.remote)
        request = to_aiocoap(replace(told, options=options), address, incoming=True)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        pipe = Pipe(request, context.log)
        pipe.on_event(lambda event: _answered(answer, event))
        context.render_to_pipe(pipe)
        return Pending(answer)

    return handle


def _answered(answer: "asyncio.Future[Message]", event: Any) -> bool:
    """Take the one answer that a pipe yields."""
    if answer.done():
        return False
    try:
        message = None if event.message is None else from_aiocoap(event.message)
    except (Malformed, ValueError) as fault:
        answer.set_exception(fault)
        return False
    if message is None:
        answer.set_exception(event.exception)
    else:
        answer.set_result(message)
    return False


def _error_of(failure: Failure) -> error.Error:
    """Return aiocoap's word for an exchange that ended without a response."""
    return _FAULTS.get(type(failure), error.NetworkError)(str(failure))


async def _resolved(message: aiocoap.Message) -> Sockaddr:
    """Return the address that a request's URI means; raises aiocoap's `ResolutionError`."""
    if message.unresolved_remote is not None:
        host, port = hostportsplit(message.unresolved_remote)
    else:
        host, port = message.opt.uri_host, message.opt.uri_port
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host,
            port or PORT,
            family=socket.AF_INET6,
            type=socket.SOCK_DGRAM,
            flags=socket.AI_V4MAPPED,
        )
    except OSError as fault:
        raise error.ResolutionError(f"no address is known for {host!r}") from fault
    return cast("Sockaddr", found[0][4])
