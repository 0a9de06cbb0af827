"""Queue mode: which endpoints are awake (OMA LwM2M Core 1.1 §6.5, Transport 1.1 §6.5).

An endpoint in queue mode listens for a while after it has said something, and then
sleeps until it has something to say again. Endpoints that are not in queue mode are always
awake, and nothing here is told of them.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from itertools import islice, takewhile
from types import MappingProxyType
from typing import Final

from .events import EventKind
from .registration import EndpointName

AWAKE_WINDOW: Final = 93.0
"""Seconds that an endpoint listens for after it was heard: MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2)."""


class Presence(IntEnum):
    """Whether requests reach an endpoint; one of which nothing is known sleeps."""

    SLEEPING = 0
    AWAKE = 1


class Sign(IntEnum):
    """What tells of it.

    `HEARD`: a Register, an Update, a Send, a notification, a response or a pull. `SILENT`: a
    request to it timed out. `WINDOW_OVER`: so long it has said nothing. `LEFT`: it is registered
    no more, or not in queue mode any more.
    """

    HEARD = 0
    SILENT = 1
    WINDOW_OVER = 2
    LEFT = 3


# Members of an enumeration are found by their names slowly, and fleets do this all the time.
_SLEEPING: Final = Presence.SLEEPING
_AWAKE: Final = Presence.AWAKE

# Events only where something changed; who left is told of by other events.
TRANSITIONS: Final[Mapping[tuple[Presence, Sign], tuple[Presence, EventKind | None]]] = (
    MappingProxyType(
        {
            (Presence.SLEEPING, Sign.HEARD): (Presence.AWAKE, EventKind.AWAKE),
            (Presence.SLEEPING, Sign.SILENT): (Presence.SLEEPING, None),
            (Presence.SLEEPING, Sign.WINDOW_OVER): (Presence.SLEEPING, None),
            (Presence.SLEEPING, Sign.LEFT): (Presence.SLEEPING, None),
            (Presence.AWAKE, Sign.HEARD): (Presence.AWAKE, None),
            (Presence.AWAKE, Sign.SILENT): (Presence.SLEEPING, EventKind.SLEEPING),
            (Presence.AWAKE, Sign.WINDOW_OVER): (Presence.SLEEPING, EventKind.SLEEPING),
            (Presence.AWAKE, Sign.LEFT): (Presence.SLEEPING, None),
        }
    )
)


class AwakeWindows:
    """The presence of a whole fleet: those that sleep take no memory, and no time.

    The windows of those that are awake stand in the order in which they end, since all are
    equally long; where two were heard of in the wrong order, the one behind ends with the other.
    """

    def __init__(self, window: float = AWAKE_WINDOW) -> None:
        self._window = window
        self._until: dict[EndpointName, float] = {}

    def __len__(self) -> int:
        """How many have a window that nobody has ended yet."""
        return len(self._until)

    @property
    def endpoints(self) -> Collection[EndpointName]:
        """Those that have such a window, at any time."""
        return self._until.keys()

    def presence(self, endpoint: EndpointName, now: float) -> Presence:
        """Return whether requests reach an endpoint at `now`."""
        return _AWAKE if self._until.get(endpoint, now) > now else _SLEEPING

    def heard(self, endpoint: EndpointName, at: float) -> EventKind | None:
        """Begin the window of what was heard `at`, unless a later one is known."""
        event = self._take(endpoint, Sign.HEARD)
        self._until[endpoint] = max(self._until.pop(endpoint, 0.0), at + self._window)
        return event

    def silent(self, endpoint: EndpointName, asked_at: float) -> EventKind | None:
        """End the window of an endpoint that did not answer what was asked at `asked_at`.

        Where it was heard since, what went wrong says nothing of whether it is awake.
        """
        if self._until.get(endpoint, 0.0) - self._window > asked_at:
            return None
        return self._take(endpoint, Sign.SILENT)

    def left(self, endpoint: EndpointName) -> EventKind | None:
        """Forget an endpoint that is gone, or not in queue mode any more."""
        return self._take(endpoint, Sign.LEFT)

    def next_over(self) -> float | None:
        """Return when `over` is to be called next, None while nobody is awake."""
        return next(iter(self._until.values()), None)

    def over(self, now: float, most: int | None = None) -> list[tuple[EndpointName, EventKind]]:
        """End the windows that are over at `now`, at most so many; return who sleeps now."""
        first = islice(self._until.items(), most)
        due = [endpoint for endpoint, _ in takewhile(lambda one: one[1] <= now, first)]
        told = [(one, self._take(one, Sign.WINDOW_OVER)) for one in due]
        if not self._until:
            self._until.clear()  # a dictionary keeps its size when its items go one by one
        return [(one, event) for one, event in told if event is not None]

    def _take(self, endpoint: EndpointName, sign: Sign) -> EventKind | None:
        after, event = TRANSITIONS[_AWAKE if endpoint in self._until else _SLEEPING, sign]
        if after is _SLEEPING:
            self._until.pop(endpoint, None)
        return event
