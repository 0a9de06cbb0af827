"""Time from the event loop."""

import asyncio
import time
from collections.abc import Callable


class SteadyTime:
    """The time of day, except that it never goes back.

    Where the system's clock is set back, this one goes on from where it was, so that
    no deadline moves away from those who wait for it; set forward, it follows.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._ahead = wall() - elapsed()

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        elapsed = self._elapsed()
        ahead = self._wall() - elapsed
        self._ahead = max(self._ahead, ahead)
        return elapsed + self._ahead


class LoopClock:
    """A `Clock` on the running loop: `now` tells the time, the loop calls."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once at `when`; return what cancels that."""
        delay = max(0.0, when - self.now())
        return asyncio.get_running_loop().call_later(delay, callback).cancel
