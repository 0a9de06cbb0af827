"""How the process collects cyclic garbage: often, and little at a time.

CPython's full collections visit every object there is: a third of a second where
100,000 endpoints are registered, and every request waits. What registers lives on and
is no garbage, so it need not be visited again and again: once it has outlived a full
collection that took noticeably long, it is frozen (`gc.freeze`), out of the collector's
sight. Its memory is freed as ever when nothing refers to it any more.

The interpreter counts allocations less what is freed. Where registrations take the place of
former ones that comes to nothing, while the young ones become a whole fleet, which the
next collection visits in one go. So it is counted here what the process has worked.

The price: a cycle that becomes garbage *after* it was frozen is found only by a thaw.
At each freeze those are the few cycles that are under way at that moment. A thaw, which
visits everything, takes place when twice as much is frozen as after the last one and a
million objects besides: so garbage never holds more than what lives, and some 100 MB.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Final, Protocol

# Allocations between two collections of the young, which then take some milliseconds: only
# where a burst makes so many between two looks. What lives on is visited by the looks, once.
_YOUNG: Final = 20_000
_NEVER: Final = 1_000_000_000
# Seconds between two looks, and between two at how much is frozen, which takes milliseconds.
LOOK_EVERY: Final = 0.1
COUNT_EVERY: Final = 3600.0
# A look collects after so many seconds of CPU time, of all threads.
WORK: Final = 0.2
# Seconds that a full collection may take before what survives it is frozen.
LONG: Final = 0.001
_SPARE: Final = 1_000_000


class Collecting(Protocol):
    """What is used of the module `gc`."""

    def collect(self, generation: int = 2) -> int:
        """Collect a generation and those younger."""
        ...

    def set_threshold(self, young: int, middle: int, old: int, /) -> None:
        """Set when collections take place by themselves."""
        ...

    def get_threshold(self) -> tuple[int, int, int]:
        """Return when collections take place by themselves."""
        ...

    def freeze(self) -> None:
        """Take all objects out of sight."""
        ...

    def unfreeze(self) -> None:
        """Bring them back."""
        ...

    def get_freeze_count(self) -> int:
        """Return how many are out of sight."""
        ...


class Garbage:
    """Collects for the whole process, on the running loop; see the module."""

    def __init__(
        self,
        collecting: Collecting = gc,
        clock: Callable[[], float] = time.perf_counter,
        worked: Callable[[], float] = time.process_time,
    ) -> None:
        self._gc = collecting
        self._clock = clock
        self._worked = worked
        self._collected_at = worked()
        self._thresholds = collecting.get_threshold()
        self._frozen = 0
        self._counted_at = clock()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Freeze what the start has made, and look after what comes."""
        self._gc.set_threshold(_YOUNG, _NEVER, _NEVER)
        self._thaw()
        self._look_later()

    def close(self) -> None:
        """Leave collections to the interpreter again."""
        if self._timer is not None:
            self._timer.cancel()
        self._gc.set_threshold(*self._thresholds)
        self._gc.unfreeze()

    def look(self) -> None:
        """Collect if there was work enough; freeze what took long."""
        if self._worked() < self._collected_at + WORK:
            return
        begun = self._clock()
        self._gc.collect()
        self._collected_at = self._worked()
        now = self._clock()
        if now - begun < LONG:
            return
        self._gc.freeze()
        if now >= self._counted_at + COUNT_EVERY:
            self._counted_at = now
            if self._gc.get_freeze_count() > 2 * self._frozen + _SPARE:
                self._thaw()

    def _thaw(self) -> None:
        self._gc.unfreeze()
        self._gc.collect()
        self._gc.freeze()
        self._frozen = self._gc.get_freeze_count()

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look_again)

    def _look_again(self) -> None:
        self.look()
        self._look_later()
