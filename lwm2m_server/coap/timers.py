"""One timer wheel for all that waits."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, Final

PER_SECOND: Final = 64
"""Slots per second: what is due is served at most so much of a second later."""

_UNSET: Final = -1


@dataclass(slots=True, eq=False)
class Timed:
    """What can wait for one time; `slot` is the wheel's."""

    slot: int = field(default=_UNSET, init=False)


Action = Callable[[Any, float], None]
"""Takes the item and the time."""


class Wheel:
    """Slots of 1/64 s, made when something waits in them; a heap orders the slots alone.

    Most timers are of retransmissions that never come about: setting and clearing one
    takes constant time and leaves nothing behind, whatever else waits. The heap has one
    entry per slot, not per timer.
    """

    def __init__(self) -> None:
        self._slots: dict[int, dict[Timed, Action]] = {}
        self._order: list[int] = []

    def set(self, item: Timed, when: float, action: Action) -> None:
        """Have `action` called at or after `when`, instead of what `item` waited for."""
        self._put(item, math.ceil(when * PER_SECOND), action)

    def soon(self, item: Timed, now: float, action: Action) -> None:
        """Have `action` called by the next tick."""
        self._put(item, int(now * PER_SECOND), action)

    def clear(self, item: Timed) -> None:
        """Forget what `item` waits for, if anything."""
        if item.slot != _UNSET:
            del self._slots[item.slot][item]
            item.slot = _UNSET

    def _put(self, item: Timed, slot: int, action: Action) -> None:
        if item.slot != _UNSET:
            del self._slots[item.slot][item]
        item.slot = slot
        waiting = self._slots.get(slot)
        if waiting is None:
            self._slots[slot] = {item: action}
            heappush(self._order, slot)
        else:
            waiting[item] = action

    def next_due(self) -> float | None:
        """Return when the first of all is due."""
        while self._order:
            slot = self._order[0]
            if self._slots[slot]:
                return slot / PER_SECOND
            del self._slots[heappop(self._order)]
        return None

    def tick(self, now: float) -> None:
        """Call what is due, once; what that sets for now waits for the next tick.

        Where an action raises, the others stay due.
        """
        last = int(now * PER_SECOND)
        due = []
        while self._order and self._order[0] <= last:
            due.append(heappop(self._order))
        try:
            for slot, item in [(at, item) for at in due for item in self._slots[at]]:
                if item.slot == slot:
                    action = self._slots[slot].pop(item)
                    item.slot = _UNSET
                    action(item, now)
        finally:
            for slot in due:
                if self._slots[slot]:
                    heappush(self._order, slot)
                else:
                    del self._slots[slot]
