"""The messages of endpoints that somebody watches; nothing is looked at while nobody does."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

from ..protocol.registration import EndpointName
from .ports import Clock
from .registration import RegistrationService


class Tracer(Protocol):
    """Who is told of messages, with the peer's address as registrations have it."""

    def came(self, address: str, datagram: bytes) -> None:
        """Take note of a message from a peer."""
        ...

    def left(self, address: str, datagram: bytes) -> None:
        """Take note of a message to a peer."""
        ...


Tap = Callable[[Tracer | None], None]
"""Has all messages told to a tracer from now on, or to nobody."""


class Traced(NamedTuple):
    """One message from or to an endpoint; `at` is in seconds since the epoch."""

    at: float
    endpoint: EndpointName
    incoming: bool
    datagram: bytes


Watcher = Callable[[Traced], None]


class TrafficService:
    """Tells watchers of an endpoint's messages, known by the address it is registered with.

    It is a `Tracer` for as long as anybody watches.
    """

    def __init__(self, registrations: RegistrationService, clock: Clock) -> None:
        self._registrations = registrations
        self._clock = clock
        self._tap: Tap | None = None
        self._watchers: dict[EndpointName, Counter[Watcher]] = {}

    def connect(self, tap: Tap) -> None:
        """Let messages come through `tap` from now on."""
        self._tap = tap
        if self._watchers:
            tap(self)

    @property
    def watched(self) -> int:
        """How many endpoints somebody watches; while it is none, no message is looked at."""
        return len(self._watchers)

    def watch(self, endpoint: EndpointName, watcher: Watcher) -> Callable[[], None]:
        """Tell `watcher` of every message until what is returned here is called, once.

        Who watches twice is told once, until both have ended.
        """
        if not self._watchers and self._tap is not None:
            self._tap(self)
        self._watchers.setdefault(endpoint, Counter())[watcher] += 1
        return lambda: self._leave(endpoint, watcher)

    def _leave(self, endpoint: EndpointName, watcher: Watcher) -> None:
        watchers = self._watchers[endpoint]
        watchers[watcher] -= 1
        if not watchers[watcher]:
            del watchers[watcher]
        if not watchers:
            del self._watchers[endpoint]
        if not self._watchers and self._tap is not None:
            self._tap(None)

    def came(self, address: str, datagram: bytes) -> None:
        """Take note of a message from a peer."""
        self._traced(address, datagram, incoming=True)

    def left(self, address: str, datagram: bytes) -> None:
        """Take note of a message to a peer."""
        self._traced(address, datagram, incoming=False)

    def _traced(self, address: str, datagram: bytes, *, incoming: bool) -> None:
        registration = self._registrations.by_address(address)
        if registration is None or registration.endpoint not in self._watchers:
            return
        message = Traced(self._clock.now(), registration.endpoint, incoming, datagram)
        for watcher in self._watchers[registration.endpoint]:
            watcher(message)
