"""Telling those who act on registrations, a little after the endpoint has its answer."""

from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from ..protocol.registration import EndpointName, Registration
from .ports import Clock

# An endpoint hears requests only once it has the answer to its Register.
_SETTLE: Final = 0.05
# What is announced within this time is told of together, but never so many at once that
# answers wait for it.
_TOGETHER: Final = 0.01
_MOST_AT_ONCE: Final = 64

Tell = Callable[[Registration], None]
_Listening = tuple[Tell, Collection[EndpointName] | None]


class RegistrationListener(Protocol):
    """Whoever acts on registrations; called once the endpoint has its answer."""

    def registered(self, registration: Registration) -> None:
        """Act on a Register."""
        ...

    def updated(self, registration: Registration) -> None:
        """Act on an Update."""
        ...


@dataclass(slots=True, eq=False)
class _Group:
    """Registrations that are told of `at` the same time, and who is told."""

    at: float
    listeners: list[_Listening]
    members: deque[Registration] = field(default_factory=deque)


class Announcer:
    """Tells listeners of Registers, Updates and ends, in order, by one timer for all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._registered: list[_Listening] = []
        self._updated: list[_Listening] = []
        self._over: list[_Listening] = []
        self._untold: deque[_Group] = deque()

    def listen(
        self, listener: RegistrationListener, concerned: Collection[EndpointName] | None = None
    ) -> None:
        """Let `listener` know of what is announced from now on (see `RegistrationService`)."""
        self._registered.append((listener.registered, concerned))
        self._updated.append((listener.updated, concerned))

    def follow(self, listener: RegistrationListener, over: Tell) -> Callable[[], None]:
        """Let `listener` know of all, in order with what is `over`; return what ends that."""
        following = (
            (self._registered, (listener.registered, None)),
            (self._updated, (listener.updated, None)),
            (self._over, (over, None)),
        )
        for listeners, one in following:
            listeners.append(one)

        def leave() -> None:
            for listeners, one in following:
                listeners.remove(one)

        return leave

    def registered(self, registrations: Iterable[Registration], now: float) -> None:
        """Announce Registers."""
        self._announce(self._registered, registrations, now)

    def updated(self, registrations: Iterable[Registration], now: float) -> None:
        """Announce Updates."""
        self._announce(self._updated, registrations, now)

    def over(self, registrations: Iterable[Registration], now: float) -> None:
        """Announce the end of registrations."""
        self._announce(self._over, registrations, now)

    def _announce(
        self, listeners: list[_Listening], registrations: Iterable[Registration], now: float
    ) -> None:
        if not listeners:
            return
        group = self._untold[-1] if self._untold else None
        if group is None or group.listeners is not listeners or group.at < now + _SETTLE:
            group = _Group(now + _SETTLE + _TOGETHER, listeners)
            self._untold.append(group)
            if len(self._untold) == 1:
                self._clock.call_at(group.at, self._tell)
        group.members.extend(registrations)

    def _tell(self) -> None:
        now = self._clock.now()
        untold = self._untold
        room = _MOST_AT_ONCE
        try:
            while room and untold and untold[0].at <= now:
                members = untold[0].members
                # Who is concerned with none, as is mostly so, is not asked about each.
                listeners = [one for one in untold[0].listeners if one[1] is None or one[1]]
                while room and members:
                    room -= 1
                    registration = members.popleft()
                    for tell, concerned in listeners:
                        if concerned is None or registration.endpoint in concerned:
                            tell(registration)
                if not members:
                    untold.popleft()
        finally:  # a listener that fails must not silence the next announcement
            if untold:
                at = untold[0].at
                self._clock.call_at(at if at <= now else max(at, now + _TOGETHER), self._tell)
