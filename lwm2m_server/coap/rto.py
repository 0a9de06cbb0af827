"""How long to wait for an ACK before sending again: measured, by CoCoA (draft-ietf-core-cocoa-03).

RFC 7252 §4.2 waits 2 to 3 seconds whatever the path, which is long for a device next door
and short for one behind a satellite. CoCoA keeps two estimators of RFC 6298: a strong one, of
exchanges without retransmission, and a weak one, of those with one or two, counted from the
first transmission as nobody knows which one was answered.
"""

from dataclasses import dataclass
from typing import Final

LOWEST: Final = 0.25
"""No wait is shorter: a device may write flash before it answers (Linux's TCP has 0.2 s)."""

HIGHEST: Final = 32.0
"""No wait is longer to begin with, as CoCoA bounds it."""

WEAK_TRIES: Final = 2
"""An exchange with more retransmissions than these says nothing about the path."""

_STRONG_K: Final = 4
_WEAK_K: Final = 1
_STRONG_SHARE: Final = 0.5
_WEAK_SHARE: Final = 0.25
_SHORT: Final = 1.0
_LONG: Final = 3.0


@dataclass(slots=True)
class _Estimator:
    """RFC 6298 §2: a smoothed round-trip time, and how far the measured ones are from it."""

    smoothed: float
    variation: float

    def measured(self, rtt: float) -> None:
        self.variation += 0.25 * (abs(self.smoothed - rtt) - self.variation)
        self.smoothed += 0.125 * (rtt - self.smoothed)


class Rto:
    """The retransmission timeout towards one peer, in seconds."""

    __slots__ = ("_strong", "_weak", "updated_at", "value")

    def __init__(self, initial: float, now: float) -> None:
        self.value = initial
        self.updated_at = now
        self._strong: _Estimator | None = None
        self._weak: _Estimator | None = None

    def measured(self, rtt: float, tries: int, now: float) -> None:
        """Learn from an exchange whose ACK came `rtt` after its first of `tries` + 1 sendings."""
        if tries == 0:
            self._strong = estimator = _updated(self._strong, rtt)
            k, share = _STRONG_K, _STRONG_SHARE
        elif tries <= WEAK_TRIES:
            self._weak = estimator = _updated(self._weak, rtt)
            k, share = _WEAK_K, _WEAK_SHARE
        else:
            return
        estimate = estimator.smoothed + k * estimator.variation
        value = share * estimate + (1 - share) * self.aged(now)
        self.value = min(max(value, LOWEST), HIGHEST)
        self.updated_at = now

    def aged(self, now: float) -> float:
        """Return the timeout; what was learned long ago goes back to where nothing is known.

        Below 1 s it doubles after 16 times itself, above 3 s it comes closer to 2 s after
        4 times itself, each as often as that has gone by ("aging").
        """
        value, since = self.value, self.updated_at
        while value < _SHORT and now - since > 16 * value:
            since += 16 * value
            value *= 2
        while value > _LONG and now - since > 4 * value:
            since += 4 * value
            value = 1 + value / 2
        return value


def _updated(estimator: _Estimator | None, rtt: float) -> _Estimator:
    if estimator is None:
        return _Estimator(rtt, rtt / 2)
    estimator.measured(rtt)
    return estimator


def backoff(initial: float) -> float:
    """Return by what each wait is longer than the one before ("variable backoff factor").

    A short first wait must not exhaust all retransmissions at once, nor a long one take
    minutes.
    """
    if initial < _SHORT:
        return 3.0
    return 1.5 if initial > _LONG else 2.0
