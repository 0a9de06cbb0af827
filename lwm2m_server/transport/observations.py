"""Observations of registered endpoints (RFC 7641, OMA LwM2M Core 1.1 §6.4).

aiocoap's own observations lose notifications while their reader is busy, after
having acknowledged them; here each one is handed on as it arrives.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiocoap import Message

from objects.path import Path

from ..protocol.operations import CancelObservation, Observe, Response
from ..protocol.registration import EndpointName, Registration
from ..service.ports import Unreachable
from .blockwise import download_rest
from .exchanges import Exchanges
from .messages import request_of, response_of
from .stack import StandingPipe

_log = structlog.get_logger(__name__)

Notified = Callable[[EndpointName, Path, Response], None]

# RFC 7641 §3.4: sequence numbers are compared modulo 2^24, and not at all
# where 128 seconds lie between two notifications.
_HALF = 1 << 23
_FRESH_FOR = 128.0


@dataclass(slots=True)
class Observation:
    """One observed path of one registration."""

    registration: Registration
    path: Path
    accept: int | None
    token: bytes
    end: Callable[[], None] = lambda: None
    answered: bool = False
    sequence: int | None = None
    heard_at: float = 0.0

    def is_fresher(self, sequence: int, now: float) -> bool:
        """Whether a notification is newer than the last one (RFC 7641 §3.4)."""
        last = self.sequence
        if last is None or now > self.heard_at + _FRESH_FOR:
            return True
        if last < sequence:
            return sequence - last < _HALF
        return last - sequence > _HALF


@dataclass(slots=True)
class Observations:
    """All that is observed now; an endpoint's are dropped when it registers anew."""

    exchanges: Exchanges
    notified: Notified
    _by_endpoint: dict[EndpointName, dict[Path, Observation]] = field(default_factory=dict)
    _fetching: set[asyncio.Task[None]] = field(default_factory=set)

    async def observe(self, registration: Registration, operation: Observe) -> Response:
        """Observe a path and return its first value; an earlier observation of it ends."""
        mine = self._of(registration)
        if (earlier := mine.pop(operation.path, None)) is not None:
            earlier.end()
        observation = Observation(
            registration, operation.path, operation.accept, secrets.token_bytes(4)
        )
        request = request_of(operation, registration.root)
        stack = await self.exchanges.stack()
        pipe = StandingPipe(request, stack.context.log)
        observation.end = pipe.on_event(lambda event: self._heard(observation, pipe, event))
        mine[operation.path] = observation
        try:
            first = await self.exchanges.begin(registration.address, pipe, observation.token)
        except BaseException:
            self._drop(observation)
            observation.end()
            raise
        whole = await download_rest(*self._rest(observation), first)
        return response_of(whole)

    async def cancel(self, registration: Registration, operation: CancelObservation) -> Response:
        """Stop observing, and tell the device so (RFC 7641 §3.6, with the same token)."""
        observation = self._of(registration).pop(operation.path, None)
        token = None
        if observation is not None:
            observation.end()
            token = observation.token
        request = request_of(operation, registration.root)
        if observation is not None:
            request.opt.accept = observation.accept
        answer = await self.exchanges.exchange(registration.address, request, token)
        return response_of(answer)

    def close(self) -> None:
        """End all observations on this side."""
        for observations in self._by_endpoint.values():
            for observation in observations.values():
                observation.end()
        self._by_endpoint.clear()
        for task in self._fetching:
            task.cancel()

    def _of(self, registration: Registration) -> dict[Path, Observation]:
        """Return the observations of this registration; those of a former one end."""
        mine = self._by_endpoint.setdefault(registration.endpoint, {})
        stale = [path for path, seen in mine.items() if seen.registration.id != registration.id]
        for path in stale:
            mine.pop(path).end()
        return mine

    def _heard(self, observation: Observation, pipe: StandingPipe, event: Any) -> bool:
        """Take the first answer or a notification; False when no more will come."""
        message = event.message
        if message is None or event.is_last:
            self._drop(observation)
        if message is None:
            return False
        first, observation.answered = not observation.answered, True
        sequence = message.opt.observe
        now = asyncio.get_running_loop().time()
        if first:
            pipe.standing = sequence is not None
        elif sequence is not None and not observation.is_fresher(sequence, now):
            return True
        else:
            self._hand_on(observation, message)
        observation.sequence, observation.heard_at = sequence, now
        return not event.is_last

    def _drop(self, observation: Observation) -> None:
        """Forget an observation, unless another has taken its place."""
        mine = self._by_endpoint.get(observation.registration.endpoint, {})
        if mine.get(observation.path) is observation:
            del mine[observation.path]

    def _hand_on(self, observation: Observation, message: Message) -> None:
        """Report a notification, once all its blocks are here."""
        endpoint, path = observation.registration.endpoint, observation.path
        block = message.opt.block2
        if block is None or not block.more:
            self.notified(endpoint, path, response_of(message))
            return

        async def fetch() -> None:
            try:
                whole = await download_rest(*self._rest(observation), message)
            except Unreachable as fault:
                _log.info("notification lost", endpoint=endpoint, path=str(path), why=str(fault))
            else:
                self.notified(endpoint, path, response_of(whole))

        task = asyncio.get_running_loop().create_task(fetch())
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    def _rest(self, observation: Observation) -> tuple[Any, Callable[[], Message]]:
        """Return how to ask for the blocks after the first: plain GETs (RFC 7959 §2.6)."""
        registration = observation.registration

        def make() -> Message:
            request = request_of(Observe(observation.path, observation.accept), registration.root)
            request.opt.observe = None
            return request

        async def exchange(message: Message) -> Message:
            return await self.exchanges.exchange(registration.address, message)

        return exchange, make
