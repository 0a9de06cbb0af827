"""Who is awake: endpoints in queue mode by what is heard of them, all others always."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from objects.path import Path

from ..protocol.events import EventKind
from ..protocol.queue_mode import AWAKE_WINDOW, AwakeWindows, Presence
from ..protocol.registration import EndpointName, Registration
from .ports import Clock, EventSink, Unreachable
from .registration import RegistrationService

# Windows that end within so many seconds end together, but never so many at once that
# answers wait for it; the next ones do so much later.
_TOGETHER: Final = 0.25
_MOST_AT_ONCE: Final = 256
_NEXT: Final = 0.01


class PresenceService:
    """Tells who is awake, emits `awake` and `sleeping`, and wakes whoever waits for an endpoint.

    An endpoint is awake from the moment that its Register or Update is answered (`signed`); who
    waits for it goes on when those who act on registrations do, once it has that answer.

    It is a `RegistrationListener` and a `NotificationListener`, and to be the first of each, so
    that those after it find the endpoint awake. There is one timer, and none while nobody is.
    """

    def __init__(
        self,
        registrations: RegistrationService,
        events: EventSink,
        clock: Clock,
        window: float = AWAKE_WINDOW,
    ) -> None:
        self._registrations = registrations
        self._events = events
        self._clock = clock
        self._window = window
        self._windows = AwakeWindows(window)
        self._awake = self._windows.endpoints
        self._waiting: dict[EndpointName, list[asyncio.Future[None]]] = {}
        self._listeners: list[Callable[[EndpointName], None]] = []
        self._change_listeners: list[Callable[[EndpointName, Presence], None]] = []
        self._cancel_timer: Callable[[], None] | None = None

    def listen(self, heard: Callable[[EndpointName], None]) -> None:
        """Call `heard` whenever an endpoint may be asked now, since it said something.

        That is anything but a Register or an Update, of which it is for `registrations` to tell.
        """
        self._listeners.append(heard)

    def listen_for_changes(self, changed: Callable[[EndpointName, Presence], None]) -> None:
        """Call `changed` whenever an endpoint falls asleep or wakes."""
        self._change_listeners.append(changed)

    def start(self) -> None:
        """Take for awake whoever was, as far as storage knows; that is no news."""
        now = self._clock.now()
        for one in self._registrations.all():
            if one.queue_mode and one.updated_at + self._window > now:
                self._windows.heard(one.endpoint, one.updated_at)
        self._arm()

    def close(self) -> None:
        """Stop the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()

    def now(self) -> float:
        """Return the time."""
        return self._clock.now()

    def awake(self, registration: Registration) -> bool:
        """Whether requests reach an endpoint now."""
        if not registration.queue_mode:
            return True
        now = self._clock.now()
        return self._windows.presence(registration.endpoint, now) is Presence.AWAKE

    async def awakened(self, registration: Registration) -> Registration:
        """Wait until an endpoint is awake, and return its newest registration.

        Raises `Unreachable` once it is registered no more.
        """
        endpoint = registration.endpoint
        while (newest := self._registrations.by_endpoint(endpoint)) is not None:
            if self.awake(newest):
                return newest
            await self._next_sign(endpoint)
        raise Unreachable("it is registered no more")

    def heard(self, endpoint: EndpointName) -> None:
        """Take note of a response, a notification, a Send or a pull."""
        registration = self._registrations.by_endpoint(endpoint)
        if registration is not None and registration.queue_mode:
            self._heard(endpoint, self._clock.now())
            self._wake(endpoint)
            for listener in self._listeners:
                listener(endpoint)

    def silent(self, endpoint: EndpointName, asked_at: float) -> None:
        """Take note that what an endpoint was asked at `asked_at` got no answer."""
        self._tell(endpoint, self._windows.silent(endpoint, asked_at))

    # --- RegistrationListener, NotificationListener, signs and ends -----------------------

    def signed(self, registrations: Iterable[Registration]) -> None:
        """Take note of Registers and Updates that are being answered."""
        awake = self._awake
        for one in registrations:
            if one.queue_mode:
                self._heard(one.endpoint, one.updated_at)
            elif awake and one.endpoint in awake:  # in queue mode no more
                self._windows.left(one.endpoint)

    @property
    def awaited(self) -> Collection[EndpointName]:
        """The endpoints that somebody waits for, at any time."""
        return self._waiting.keys()

    def registered(self, registration: Registration) -> None:
        """Let those go on who wait for an endpoint: it has its answer."""
        self._wake(registration.endpoint)

    updated = registered

    def notified(self, endpoint: EndpointName, _paths: Sequence[Path]) -> None:
        """Take note of a notification or a Send."""
        self.heard(endpoint)

    def ended(self, registration: Registration) -> None:
        """Forget an endpoint that is registered no more; who waits for it is told."""
        self._windows.left(registration.endpoint)
        self._wake(registration.endpoint)

    # --- inside ---------------------------------------------------------------------------

    def _heard(self, endpoint: EndpointName, at: float) -> None:
        self._tell(endpoint, self._windows.heard(endpoint, at))
        if self._cancel_timer is None:
            self._arm()

    def _tell(self, endpoint: EndpointName, event: EventKind | None) -> None:
        if event is None:
            return
        self._events.emit(event, self._clock.now(), endpoint, {})
        presence = Presence.AWAKE if event is EventKind.AWAKE else Presence.SLEEPING
        for listener in self._change_listeners:
            listener(endpoint, presence)

    def _wake(self, endpoint: EndpointName) -> None:
        for waiting in self._waiting.pop(endpoint, ()):
            if not waiting.done():
                waiting.set_result(None)

    async def _next_sign(self, endpoint: EndpointName) -> None:
        sign: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(endpoint, []).append(sign)
        try:
            await sign
        finally:
            others = self._waiting.get(endpoint)
            if others is not None and sign in others:
                others.remove(sign)
                if not others:
                    del self._waiting[endpoint]

    def _arm(self, pause: float = _TOGETHER) -> None:
        at = self._windows.next_over()
        if at is not None:
            soonest = self._clock.now() + pause
            self._cancel_timer = self._clock.call_at(max(at, soonest), self._over)

    def _over(self) -> None:
        self._cancel_timer = None
        over = self._windows.over(self._clock.now(), _MOST_AT_ONCE)
        for endpoint, event in over:
            self._tell(endpoint, event)
        self._arm(_TOGETHER if len(over) < _MOST_AT_ONCE else _NEXT)
