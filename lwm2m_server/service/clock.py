"""Time from the event loop."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

# Seconds between two looks at the system's clock: a fleet asks for the time all the time.
LOOK_EVERY: Final = 0.1


class SteadyTime:
    """The time of day, except that it never goes back.

    Where the system's clock is set back, this one goes on from where it was, so that
    no deadline moves away from those who wait for it; set forward, it follows, a moment later.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._look_at = elapsed()
        self._ahead = wall() - self._look_at

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        elapsed = self._elapsed()
        if elapsed >= self._look_at:
            self._look_at = elapsed + LOOK_EVERY
            self._ahead = max(self._ahead, self._wall() - elapsed)
        return elapsed + self._ahead


class LoopClock:
    """A `Clock` on the running loop: `now` tells the time, the loop calls."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once at `when`; return what cancels that."""
        delay = max(0.0, when - self.now())
        return asyncio.get_running_loop().call_later(delay, callback).cancel
