"""Requests to registered endpoints and their outcomes, whatever carries them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from ..coap.endpoint import Done, Outcome
from ..coap.errors import Broken, Failure, Refused
from ..coap.message import Message
from ..coap.requester import Requester
from ..coap.transfer import Download
from ..protocol.identity import Identity, SecurityMode
from ..protocol.registration import Registration
from ..service.ports import Unreachable, Unsent
from .handler import Sender

_REMEMBERED: Final = 100_000


class Driving(Protocol):
    """What drives requests to peers: `driver.Driver`, or what stands in for it over TCP."""

    @property
    def endpoint(self) -> Requester:
        """What requests go out by; whatever is done to it is followed by `flush`."""
        ...

    @property
    def now(self) -> Callable[[], float]:
        """What returns the endpoint's time."""
        ...

    def flush(self) -> None:
        """Send what is to be sent."""
        ...


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries requests to the peers of one URI scheme.

    `find` returns the peer that a registration's address means, and raises `Unreachable`;
    `port` is the local one, for URIs that devices come back with.
    """

    driver: Driving
    find: Callable[[Registration], Sender]
    port: int


class Carriers:
    """All carriers, by scheme; requests wait until the sockets are open."""

    def __init__(self) -> None:
        self._by_scheme: dict[str, Carrier] = {}
        self._protected: Carrier | None = None
        self._open = asyncio.Event()

    def add(self, scheme: str, carrier: Carrier) -> None:
        """Let `carrier` carry requests to addresses of `scheme`."""
        self._by_scheme[scheme] = carrier

    def protected_by(self, carrier: Carrier) -> None:
        """Let `carrier` carry requests to whoever registered by OSCORE, over any scheme."""
        self._protected = carrier

    def open(self) -> None:
        """Let requests out, those that already wait included."""
        self._open.set()

    async def wait(self) -> None:
        """Return once the sockets are open."""
        await self._open.wait()

    def of(self, registration: Registration) -> Carrier:
        """Return what carries requests to a registered endpoint; raises `Unreachable`."""
        if registration.identity.mode is SecurityMode.OSCORE:
            if self._protected is None:
                raise Unsent("the endpoint registered by OSCORE, which is not served now")
            return self._protected
        return self.by_scheme(scheme_of(registration.address))

    def by_scheme(self, scheme: str) -> Carrier:
        """Return what carries requests to addresses of a scheme; raises `Unreachable`."""
        carrier = self._by_scheme.get(scheme)
        if carrier is None:
            raise Unsent(f"nothing here carries requests to {scheme}://")
        return carrier


def scheme_of(address: str) -> str:
    """Return the URI scheme of an address."""
    return address.partition(":")[0]


def found_by_address(make: Callable[[str], Sender]) -> Callable[[Registration], Sender]:
    """Return a `Carrier.find` by which each address text is read once.

    `make` raises `ValueError` for a text that this transport never wrote.
    """
    known: OrderedDict[str, Sender] = OrderedDict()

    def find(registration: Registration) -> Sender:
        address = registration.address
        sender = known.get(address)
        if sender is None:
            try:
                sender = make(address)
            except ValueError as fault:
                raise Unsent(str(fault)) from fault
            known[address] = sender
            if len(known) > _REMEMBERED:
                known.popitem(last=False)
        return sender

    return find


def found_by_session(
    session_of: Callable[[str, Identity], Sender | None],
) -> Callable[[Registration], Sender]:
    """Return a `Carrier.find` for peers that only a live session reaches (`SecurePort.find`)."""

    def find(registration: Registration) -> Sender:
        session = session_of(registration.address, registration.identity)
        if session is None:
            raise Unsent("the DTLS session is gone; only the device can begin another")
        return session

    return find


Cancel = Callable[[], None]
"""Ends what was begun: nothing more is sent or called for it."""

Pending = dict["asyncio.Future[Message]", Cancel]
"""Answers that are awaited, each with what cancels what it waits for."""


def fail(pending: Pending, why: str) -> None:
    """End all waiting: what was begun is cancelled, and whoever waits gets `Unreachable`."""
    for answer, cancel in tuple(pending.items()):
        if not answer.done():
            answer.set_exception(Unreachable(why))
            cancel()


async def outcome(begin: Callable[[Done], Cancel], pending: Pending) -> Message:
    """Begin what calls `Done` once, and return the response. Raises `Unreachable`.

    What `begin` returns is called where nobody waits any more. The answer is among
    `pending` until then.
    """
    answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def done(result: Outcome) -> None:
        if answer.done():
            return
        if isinstance(result, Failure):
            kind = Unsent if isinstance(result, Refused) else Unreachable
            answer.set_exception(kind(str(result)))
        else:
            answer.set_result(result)

    cancel = begin(done)
    pending[answer] = cancel
    try:
        return await answer
    except asyncio.CancelledError:
        cancel()
        raise
    finally:
        pending.pop(answer, None)


def has_more(message: Message) -> bool:
    """Whether blocks follow on an answer (RFC 7959 §2.4)."""
    block = message.options.block2
    return block is not None and block.more


def followed(
    driver: Driving, remote: Sender, request: Message, result: Outcome, done: Done
) -> Cancel:
    """Have `done` called with a result once the blocks that follow on it are here.

    `request` asks for the body without observing it (RFC 7959 §2.6). To be called from
    within a callback of the endpoint.
    """
    if isinstance(result, Failure) or not has_more(result):
        done(result)
        return nothing

    def whole(body: Outcome) -> None:
        # It is too late for "not sent": the endpoint has answered what was asked.
        done(Broken(str(body)) if isinstance(body, Refused) else body)

    download = Download(driver.endpoint, remote, request, whole)
    download.start(result, driver.endpoint.now)
    return lambda: download.cancel(driver.now())


def nothing() -> None:
    """Cancel what is over, or never began."""
