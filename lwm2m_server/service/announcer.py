"""Telling those who act on registrations, a little after the endpoint has its answer."""

from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

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


class Announcer:
    """Tells listeners of Registers and Updates, in order, by one timer for all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[RegistrationListener] = []
        self._untold: deque[tuple[float, Registration, bool]] = deque()

    def listen(self, listener: RegistrationListener) -> None:
        """Let `listener` know of what is announced from now on."""
        self._listeners.append(listener)

    def registered(self, registrations: Iterable[Registration], now: float) -> None:
        """Announce Registers."""
        self._announce(((now + _SETTLE, one, True) for one in registrations), now)

    def updated(self, registrations: Iterable[Registration], now: float) -> None:
        """Announce Updates."""
        self._announce(((now + _SETTLE, one, False) for one in registrations), now)

    def _announce(self, told: Iterable[tuple[float, Registration, bool]], now: float) -> None:
        if not self._listeners:
            return
        if not self._untold:
            self._clock.call_at(now + _SETTLE, self._tell)
        self._untold.extend(told)

    def _tell(self) -> None:
        now = self._clock.now()
        untold = self._untold
        try:
            for _ in range(_MOST_AT_ONCE):
                if not untold or untold[0][0] > now:
                    break
                _, registration, anew = untold.popleft()
                for listener in self._listeners:
                    (listener.registered if anew else listener.updated)(registration)
        finally:  # a listener that fails must not silence the next announcement
            if untold:
                at = untold[0][0]
                self._clock.call_at(at if at <= now else max(at, now + _TOGETHER), self._tell)
