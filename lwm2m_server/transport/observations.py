"""Observations of registered endpoints (RFC 7641, OMA LwM2M Core 1.2 §6.4)."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from ..coap.endpoint import Done, Outcome
from ..coap.errors import Failure, TimedOut
from ..coap.message import Message
from ..coap.numbers import Code, is_success
from ..protocol.operations import (
    CancelComposite,
    CancelObservation,
    Observe,
    ObserveComposite,
    Response,
    Target,
)
from ..protocol.registration import EndpointName
from .contact import Contact, Observation
from .exchanges import Cancel, followed, has_more, nothing, outcome
from .messages import DEREGISTER, request_of, response_of

_log = structlog.get_logger(__name__)

Notified = Callable[[EndpointName, Target, Response], None]


# RFC 7252 §5.3.1: unforeseeable; an observation is known by its token for as long as it lasts.
_TOKEN_LENGTH: Final = 8
# Notifications that wait while one is fetched; of more, the newest count (RFC 7641 §1.3).
_WAITING: Final = 64


@dataclass(slots=True, eq=False)
class Inbox:
    """The notifications of one observation, each handed on whole and in order."""

    contact: Contact
    observation: Observation
    notified: Notified
    _waiting: deque[Message] = field(default_factory=lambda: deque(maxlen=_WAITING))
    _fetching: bool = True  # the first value, which is not handed on from here
    _from_start: bool = False
    _stop: Cancel = nothing

    def heard(self, message: Message) -> None:
        """Take a notification, within a callback of the endpoint."""
        if not standing(message):
            drop(self.contact, self.observation)
        self._waiting.append(message)
        self._go_on()

    def first(self, result: Outcome, done: Done) -> None:
        """Have the first value told, and go on with what came meanwhile."""
        done(result)
        self._fetching = False
        self._go_on()

    def stop(self) -> None:
        """Hand on nothing more."""
        self._waiting.clear()
        self._stop()

    def _go_on(self) -> None:
        contact, observation = self.contact, self.observation
        while self._waiting and not self._fetching:
            message = self._waiting.popleft()
            if not has_more(message):
                self._tell(message)
                continue
            self._fetching = True
            if self._from_start:
                self._ask()
                continue
            rest = observation.rest
            self._stop = followed(contact.driver, contact.remote, rest, message, self._followed)

    def _followed(self, result: Outcome) -> None:
        """Take a notification with its blocks, or ask for all of it where they do not come.

        Zephyr keeps nothing of a notification but its first block, and is silent on the others.
        """
        if isinstance(result, TimedOut) and not self.observation.over:
            self._from_start = True
            self._ask()
        else:
            self._taken(result)

    def _ask(self) -> None:
        """Read what is observed, from its first block on (RFC 7959 §2.6).

        What waits is older than what will be read, and is handed on before.
        """
        older = [message for message in self._waiting if not has_more(message)]
        self._waiting.clear()
        for message in older:
            self._tell(message)
        contact, rest = self.contact, self.observation.rest
        driver, remote = contact.driver, contact.remote

        def answered(result: Outcome) -> None:
            self._stop = followed(driver, remote, rest, result, self._taken)

        exchange = driver.endpoint.request(remote, rest, answered, driver.endpoint.now)
        self._stop = lambda: driver.endpoint.cancel(exchange, driver.now())

    def _taken(self, result: Outcome) -> None:
        self._fetching = False
        self._tell(result)
        self._go_on()

    def _tell(self, result: Outcome) -> None:
        endpoint, target = self.contact.registration.endpoint, self.observation.target
        if isinstance(result, Failure):
            _log.info("notification lost", endpoint=endpoint, of=str(target), why=str(result))
        elif not self.observation.over:
            self.notified(endpoint, target, response_of(result))


def standing(message: Message) -> bool:
    """Whether more notifications follow on this answer (RFC 7641 §3.2, §4.2)."""
    return is_success(message.code) and message.options.observe is not None


def drop(contact: Contact, observation: Observation) -> None:
    """Forget an observation, unless another has taken its place."""
    if contact.observations.get(observation.target) is observation:
        del contact.observations[observation.target]


async def observe(
    contact: Contact, operation: Observe | ObserveComposite, notified: Notified
) -> Response:
    """Observe a path or several and return the first value; an earlier observation of it ends.

    Raises `Unreachable`. `notified` gets each later value.
    """
    request = request_of(operation, contact.registration.root)
    await contact.afford(request)
    driver, target = contact.driver, operation.target
    if (earlier := contact.observations.pop(target, None)) is not None:
        earlier.end("the path was observed anew")
    rest = Message(request.code, request.options.but(observe=None), request.payload)
    observation = Observation(target, rest, secrets.token_bytes(_TOKEN_LENGTH))
    contact.observations[target] = observation
    inbox = Inbox(contact, observation, notified)

    def begin(done: Done) -> Cancel:
        stop: Cancel = nothing

        def told(result: Outcome) -> None:
            inbox.first(result, done)

        def answered(result: Outcome) -> None:
            nonlocal stop
            if isinstance(result, Failure) or not standing(result):
                drop(contact, observation)
            stop = followed(driver, contact.remote, rest, result, told)

        exchange = driver.endpoint.observe(
            contact.remote, request, answered, inbox.heard, driver.now(), token=observation.token
        )

        def forget() -> None:
            driver.endpoint.cancel(exchange, driver.now())
            stop()
            inbox.stop()
            driver.flush()

        observation.cancel, observation.done = forget, done
        driver.flush()
        return forget

    try:
        return response_of(await outcome(begin, contact.asked))
    except BaseException:
        drop(contact, observation)
        observation.end("nobody waits for it")
        raise


async def cancel(contact: Contact, operation: CancelObservation | CancelComposite) -> Response:
    """Stop observing, and tell the device so with the same token (RFC 7641 §3.6).

    Unless it is to be told, the next notification is answered by a RST; the response then
    is ours. Raises `Unreachable`.
    """
    observation = contact.observations.pop(operation.target, None)
    if observation is not None:
        observation.end("it was cancelled")
    if not operation.active:
        return Response(Code.DELETED)
    request = request_of(operation, contact.registration.root)
    if observation is None:
        return response_of(await contact.exchange(request))
    # §3.6: identical but for Observe, or the device does not find it.
    told = observation.rest
    request = Message(told.code, told.options.but(observe=DEREGISTER), told.payload)
    return response_of(await contact.exchange(request, observation.token))
