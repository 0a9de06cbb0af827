"""When the device can be reached, and what it does every so often."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from ..habits import Sleep


class Radio:
    """On for a while after each exchange, and as long as one is under way; else it is off.

    Without `sleep` it is always on.
    """

    def __init__(self, sleep: Sleep | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._sleep = sleep
        self._clock = clock
        self._until = clock()
        self._under_way = 0

    def listens(self) -> bool:
        """Whether a datagram is heard now."""
        return self._sleep is None or self._under_way > 0 or self._clock() < self._until

    def exchanged(self) -> None:
        """Stay on for a while: something was received or sent."""
        if self._sleep is not None:
            self._until = self._clock() + self._sleep.awake

    @contextmanager
    def exchanging(self) -> Iterator[None]:
        """Stay on until an exchange is over, and for a while after that."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self.exchanged()


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` again and again, with so many seconds before each."""
    while True:
        await asyncio.sleep(seconds)
        await work()
