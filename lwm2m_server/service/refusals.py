"""Telling operators of devices that were refused; whoever sends much cannot fill the log."""

from collections import OrderedDict
from typing import Final

import structlog

from ..protocol.events import EventKind
from ..protocol.registration import EndpointName
from .ports import Clock, EventSink

_AGAIN: Final = 600.0  # seconds before the same is told again
_PER_MINUTE: Final = 12
_REMEMBERED: Final = 1024

_log = structlog.get_logger(__name__)


class Refusals:
    """An event and a line in the log for each kind of refusal, now and then.

    The same is told at most every ten minutes, and at most twelve are told in a minute,
    each with the number of those that were `untold` since the last.
    """

    def __init__(self, events: EventSink, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._told: OrderedDict[tuple[EndpointName | None, str], float] = OrderedDict()
        self._untold = 0
        self._minute = float("-inf")
        self._count = 0

    def note(self, endpoint: EndpointName | None, address: str | None, why: str) -> None:
        """Tell that somebody was refused, `why` and what to do, unless it was told lately."""
        now = self._clock.now()
        if now < self._told.get((endpoint, why), float("-inf")) + _AGAIN or not self._room(now):
            self._untold += 1
            return
        self._told[endpoint, why] = now
        self._told.move_to_end((endpoint, why))
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        untold, self._untold = self._untold, 0
        data = {"address": address, "why": why, "untold": untold}
        self._events.emit(EventKind.REFUSED, now, endpoint, data)
        _log.warning("a device was refused", endpoint=endpoint, **data)

    def _room(self, now: float) -> bool:
        if not self._minute <= now < self._minute + 60.0:
            self._minute, self._count = now, 0
        self._count += 1
        return self._count <= _PER_MINUTE
