"""Telling those who act on registrations, a little after the endpoint has its answer."""

from collections import deque
from typing import Final, NamedTuple, Protocol

from ..protocol.registration import Registration
from .ports import Clock

# An endpoint hears requests only once it has the answer to its Register.
_SETTLE: Final = 0.05
# Some are told of together, in one timer, but never so many that answers wait for it.
_TOGETHER: Final = 0.01
_MOST_AT_ONCE: Final = 256


class RegistrationListener(Protocol):
    """Whoever acts on registrations; called once the endpoint has its answer."""

    def registered(self, registration: Registration) -> None:
        """Act on a Register."""
        ...

    def updated(self, registration: Registration) -> None:
        """Act on an Update."""
        ...


class _Told(NamedTuple):
    at: float
    registration: Registration
    anew: bool


class Announcer:
    """Tells listeners of Registers and Updates, in order, by one timer for all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[RegistrationListener] = []
        self._untold: deque[_Told] = deque()

    def listen(self, listener: RegistrationListener) -> None:
        """Let `listener` know of what is announced from now on."""
        self._listeners.append(listener)

    def registered(self, registration: Registration) -> None:
        """Announce a Register."""
        self._announce(_Told(self._clock.now() + _SETTLE, registration, anew=True))

    def updated(self, registration: Registration) -> None:
        """Announce an Update."""
        self._announce(_Told(self._clock.now() + _SETTLE, registration, anew=False))

    def _announce(self, told: _Told) -> None:
        if not self._listeners:
            return
        if not self._untold:
            self._clock.call_at(told.at, self._tell)
        self._untold.append(told)

    def _tell(self) -> None:
        now = self._clock.now()
        untold = self._untold
        try:
            for _ in range(_MOST_AT_ONCE):
                if not untold or untold[0].at > now:
                    break
                self._act(untold.popleft())
        finally:  # a listener that fails must not silence the next announcement
            if untold:
                at = untold[0].at
                self._clock.call_at(at if at <= now else max(at, now + _TOGETHER), self._tell)

    def _act(self, told: _Told) -> None:
        for listener in self._listeners:
            if told.anew:
                listener.registered(told.registration)
            else:
                listener.updated(told.registration)
