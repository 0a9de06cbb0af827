"""Time from the event loop."""

import asyncio
from collections.abc import Callable


class LoopClock:
    """A `Clock` on the running loop: `now` tells the time, the loop calls."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        """Return the time."""
        return self._now()

    def call_at(self, when: float, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once at `when`; return what cancels that."""
        delay = max(0.0, when - self._now())
        return asyncio.get_running_loop().call_later(delay, callback).cancel
