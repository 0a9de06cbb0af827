"""One registered endpoint that something is under way with, and where it is now."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from objects.path import Path

from ..coap.credit import AMPLIFICATION
from ..coap.endpoint import Done
from ..coap.errors import Gone
from ..coap.message import Message
from ..protocol.operations import Discover, Target
from ..protocol.registration import EndpointName, Registration
from ..service.ports import Unreachable
from .correspondent import Correspondent
from .exchanges import Cancel, Carriers, Driving, fail, nothing
from .handler import Sender
from .messages import request_of

_HEADER: Final = 4  # RFC 7252 §3
_LINK: Final = len("<>,")  # the first has the payload marker in place of the comma
_ANEW: Final = "the endpoint registered anew"
_CLOSING: Final = "the server is shutting down"


@dataclass(slots=True, eq=False)
class Observation:
    """What is observed, one path or several as one, known to the device by its token.

    `rest` asks for the same without observing it, for blocks that follow on a notification
    (RFC 7959 §2.6). `cancel` forgets it in the message layer, of which the device learns by a
    RST; `done` tells whoever still waits for its first value.
    """

    target: Target
    rest: Message
    token: bytes
    cancel: Cancel = nothing
    done: Done = lambda _: None
    over: bool = False

    def end(self, why: str) -> None:
        """Forget it on this side: nothing more is handed on."""
        self.over = True
        self.cancel()
        self.done(Gone(why))


@dataclass(slots=True, eq=False)
class Contact(Correspondent):
    """What is under way with a registered endpoint; `registration` is the newest heard of."""

    probe = request_of(Discover(Path(3)), "/")

    registration: Registration
    observations: dict[Target, Observation] = field(default_factory=dict)
    waiting: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way, so that it may be forgotten."""
        return not (self.waiting or self.observations)

    def claim(self, driver: Driving, remote: Sender) -> None:
        """Bound what may go to where the registration says that its endpoint is."""
        known = self.registration
        size = allowance(known)
        driver.endpoint.grant(remote, size, known.registered_at, known.updated_at)

    def prove(self) -> None:
        """Have the address prove itself if what is under way has to wait for that."""
        endpoint = self.driver.endpoint
        if endpoint.credit(self.remote) is None:
            return
        if not all(answer.done() for answer in (*self.asked, *self.pushed)):
            endpoint.prove(self.remote, self.probe, self.driver.now())
            self.driver.flush()

    def forget(self, why: str) -> None:
        """End what the endpoint itself has forgotten: observations, and what awaits an answer.

        Nothing of it may be sent again: what a device that starts anew is asked once more, it
        does once more. Bodies on their way go on, since each of their blocks finds out by itself.
        """
        self.end_observations(why)
        fail(self.asked, why)

    def end_observations(self, why: str) -> None:
        """Forget what is observed."""
        for observation in self.observations.values():
            observation.end(why)
        self.observations.clear()


class Contacts:
    """All endpoints that something is under way with, by name."""

    def __init__(self, carriers: Carriers) -> None:
        self._carriers = carriers
        self._by_endpoint: dict[EndpointName, Contact] = {}
        # Behind a NAT one endpoint's former address may be another's present one.
        self._at: dict[Sender, Contact] = {}

    def __len__(self) -> int:
        return len(self._by_endpoint)

    @property
    def endpoints(self) -> Collection[EndpointName]:
        """Those that something is under way with, at any time."""
        return self._by_endpoint.keys()

    @contextmanager
    def of(self, registration: Registration) -> Iterator[Contact]:
        """Have the contact of a registration for something that is under way meanwhile.

        Raises `Unreachable` where nothing carries requests to its address.
        """
        contact = self.heard(registration) or self._begin(registration)
        contact.waiting += 1
        try:
            yield contact
        finally:
            contact.waiting -= 1
            self._settle(contact)

    def heard(self, registration: Registration) -> Contact | None:
        """Take a registration for the newest, unless a newer one is known already.

        Return the contact, None where nothing is under way. Raises `Unreachable`.
        """
        contact = self._by_endpoint.get(registration.endpoint)
        if contact is None:
            return None
        known = contact.registration
        if (registration.registered_at, registration.updated_at) < (
            known.registered_at,
            known.updated_at,
        ):
            return contact
        anew = registration.id != known.id
        contact.registration = registration
        if anew:
            contact.forget(_ANEW)
        carrier = self._carriers.of(registration)
        remote = carrier.find(registration)
        contact.claim(carrier.driver, remote)
        moved = remote != contact.remote or carrier.driver is not contact.driver
        if moved:
            self._move(contact, carrier.driver, remote, anew=anew)
        if moved or anew:
            contact.prove()
        return contact

    def lost(self, remote: Sender) -> None:
        """Go on elsewhere, if the endpoint is there, with what is under way at a lost session."""
        contact = self._at.get(remote)
        if contact is not None:
            with suppress(Unreachable):
                self.heard(contact.registration)

    def ended(self, registration: Registration) -> None:
        """Forget what was observed under a registration that is over."""
        contact = self._by_endpoint.get(registration.endpoint)
        if contact is not None and contact.registration.id == registration.id:
            contact.end_observations("the registration is over")
            self._settle(contact)

    def close(self) -> None:
        """Fail what awaits an answer, and forget everything that is observed."""
        for contact in tuple(self._by_endpoint.values()):
            contact.forget(_CLOSING)
            fail(contact.pushed, _CLOSING)
            self._settle(contact)

    def _begin(self, registration: Registration) -> Contact:
        carrier = self._carriers.of(registration)
        contact = Contact(carrier.driver, carrier.find(registration), registration)
        contact.claim(contact.driver, contact.remote)
        self._by_endpoint[registration.endpoint] = contact
        self._at[contact.remote] = contact
        return contact

    def _move(self, contact: Contact, driver: Driving, remote: Sender, *, anew: bool) -> None:
        """Let what is under way go on with the peer where it is now (see `Contact.forget`)."""
        former, former_driver = contact.remote, contact.driver
        alone = self._at.get(former) is contact
        if alone:
            del self._at[former]
        contact.remote, contact.driver = remote, driver
        self._at[remote] = contact
        if driver is not former_driver:
            fail(contact.asked | contact.pushed, "the endpoint is reached by another transport now")
            return
        if alone and not anew:
            driver.endpoint.moved(former, remote)
        for upload in contact.uploads:
            upload.moved(remote)
        driver.flush()

    def _settle(self, contact: Contact) -> None:
        if contact.idle and self._by_endpoint.get(contact.registration.endpoint) is contact:
            del self._by_endpoint[contact.registration.endpoint]
            if self._at.get(contact.remote) is contact:
                del self._at[contact.remote]


def allowance(registration: Registration) -> int:
    """Return how many bytes may go to an address for the Register or Update that named it.

    Three times what that had at the least (RFC 7252 §11.3), but for what its answer had.
    """
    location = len("/rd/") + len(registration.id)  # in Uri-Path as in Location-Path
    if registration.updated_at > registration.registered_at:
        return AMPLIFICATION * (_HEADER + location) - _HEADER
    links = sum(len(str(path)) + _LINK for path in registration.objects)
    name = len("/rd/ep=") + len(registration.endpoint)
    return AMPLIFICATION * (_HEADER + name + links) - (_HEADER + location)
