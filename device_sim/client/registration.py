"""When to Register, Update and De-register (OMA LwM2M Core 1.1 §6.2).

Time comes in as seconds of any monotonic clock, luck as a number from 0 to 1.
The shell sends what `due` names when its time has come, and tells what came of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Self

# RFC 7252 §4.8.2: the longest that one confirmable request may take.
_MAX_TRANSMIT_WAIT = 93.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


class Phase(Enum):
    """Where a client stands with its server."""

    UNREGISTERED = auto()
    REGISTERED = auto()
    LEAVING = auto()
    GONE = auto()


class Send(Enum):
    """What the client sends next."""

    REGISTER = auto()
    UPDATE = auto()
    DEREGISTER = auto()


class Input(Enum):
    """What came of a request, or what the device wants."""

    ACCEPTED = auto()  # 2.xx
    UNKNOWN = auto()  # 4.04: the server has forgotten the registration
    REFUSED = auto()  # any other error response
    UNREACHABLE = auto()  # no response
    CHANGED = auto()  # objects or lifetime changed, or the server executed 1/0/8
    LEAVE = auto()  # the device is about to stop


class _Then(Enum):
    """When the next request is due."""

    NOW = auto()
    PAUSE = auto()
    REFRESH = auto()
    NEVER = auto()


_U, _R, _L, _G = Phase.UNREGISTERED, Phase.REGISTERED, Phase.LEAVING, Phase.GONE

TABLE: Final[Mapping[tuple[Phase, Input], tuple[Phase, _Then]]] = {
    (_U, Input.ACCEPTED): (_R, _Then.REFRESH),
    (_U, Input.UNKNOWN): (_U, _Then.PAUSE),
    (_U, Input.REFUSED): (_U, _Then.PAUSE),
    (_U, Input.UNREACHABLE): (_U, _Then.PAUSE),
    (_U, Input.CHANGED): (_U, _Then.NOW),
    (_U, Input.LEAVE): (_G, _Then.NEVER),
    (_R, Input.ACCEPTED): (_R, _Then.REFRESH),
    (_R, Input.UNKNOWN): (_U, _Then.NOW),
    (_R, Input.REFUSED): (_U, _Then.PAUSE),
    # An Update without answer: the address may have changed, or the server
    # has lost us. A Register heals both.
    (_R, Input.UNREACHABLE): (_U, _Then.PAUSE),
    (_R, Input.CHANGED): (_R, _Then.NOW),
    (_R, Input.LEAVE): (_L, _Then.NOW),
    (_L, Input.ACCEPTED): (_G, _Then.NEVER),
    (_L, Input.UNKNOWN): (_G, _Then.NEVER),
    (_L, Input.REFUSED): (_G, _Then.NEVER),
    (_L, Input.UNREACHABLE): (_G, _Then.NEVER),
    (_L, Input.CHANGED): (_L, _Then.NOW),
    (_L, Input.LEAVE): (_L, _Then.NOW),
    (_G, Input.LEAVE): (_G, _Then.NEVER),
    # A Register that was under way when the device wanted to leave.
    (_G, Input.ACCEPTED): (_L, _Then.NOW),
}

_SENDS: Final[Mapping[Phase, Send | None]] = {
    _U: Send.REGISTER,
    _R: Send.UPDATE,
    _L: Send.DEREGISTER,
    _G: None,
}


@dataclass(frozen=True, slots=True)
class Registration:
    """One client's registration as its client sees it; `lifetime` and `due_at` in seconds.

    `location` is the path that the server gave the registration.
    """

    lifetime: int
    phase: Phase = Phase.UNREGISTERED
    due_at: float | None = 0.0
    failures: int = 0
    location: tuple[str, ...] = ()

    @property
    def next_request(self) -> Send | None:
        """What is sent when `due_at` has come; None when nothing ever is."""
        return _SENDS[self.phase]

    def step(
        self,
        what: Input,
        now: float,
        luck: float,
        *,
        location: tuple[str, ...] | None = None,
        lifetime: int | None = None,
    ) -> Self:
        """Return the registration after `what`; what cannot happen in a phase changes nothing.

        `location` belongs to an accepted Register, `lifetime` to a change.
        """
        phase, then = TABLE.get((self.phase, what), (self.phase, None))
        if then is None:
            return self
        lifetime = self.lifetime if lifetime is None else lifetime
        failures = self.failures + 1 if then is _Then.PAUSE else 0
        if phase is not Phase.REGISTERED and phase is not Phase.LEAVING:
            location = ()
        return replace(
            self,
            lifetime=lifetime,
            phase=phase,
            due_at=_due(then, now, luck, lifetime, failures),
            failures=failures,
            location=self.location if location is None else location,
        )


def refresh_after(lifetime: int) -> float:
    """Return when to send an Update: early enough for every retransmission, where that can be."""
    return max(lifetime / 2, lifetime - _MAX_TRANSMIT_WAIT)


def pause(failures: int, luck: float) -> float:
    """Return the seconds to wait after so many failures in a row; luck spreads a fleet out."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + luck / 2)


def _due(then: _Then, now: float, luck: float, lifetime: int, failures: int) -> float | None:
    match then:
        case _Then.NOW:
            return now
        case _Then.PAUSE:
            return now + pause(failures, luck)
        case _Then.REFRESH:
            return now + refresh_after(lifetime)
        case _Then.NEVER:
            return None
