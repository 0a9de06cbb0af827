"""Reading devices a few at a time, however many register at once.

Each read costs as much as a dozen Registers, and a device that registers anew is read anew. So
reads do not begin faster than they may, either: those who register have right of way.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import structlog

from ..protocol.registration import EndpointName
from .ports import Clock

Read = Callable[[EndpointName], Coroutine[Any, Any, None]]

# Reads that are prompt: so many at once.
MOST: Final = 64
# So many begin at most, and the next ones so much later (seconds); and that much later
# while more than `MANY` in a second ask.
PACE: Final = 2
PAUSE: Final = 0.01
LONG_PAUSE: Final = 0.1
MANY: Final = 2000
# A read that takes longer (seconds) lets the next one begin, and goes on among the late ones.
PROMPT: Final = 10.0
# Of the late ones there are so many; then the one that has taken longest is given up. It
# is asked for again when its device is next heard of.
MOST_LATE: Final = 448

_log = structlog.get_logger(__name__)


class Reads:
    """Reads endpoints in the order they were asked for, each once.

    What never answers holds a place for some seconds and no longer, so that it keeps
    nobody waiting for its time-out.
    """

    def __init__(
        self,
        read: Read,
        clock: Clock,
        most: int = MOST,
        late: int = MOST_LATE,
        pace: int = PACE,
    ) -> None:
        self._read = read
        self._clock = clock
        self._most = most
        self._most_late = late
        self._pace = pace
        self._waiting: dict[EndpointName, None] = {}
        self._prompt: dict[EndpointName, asyncio.Task[None]] = {}
        self._late: dict[EndpointName, asyncio.Task[None]] = {}
        self._again: set[EndpointName] = set()
        self._begun = 0
        self._pause = PAUSE
        self._asked = 0

    def __contains__(self, endpoint: EndpointName) -> bool:
        return any(endpoint in some for some in (self._waiting, self._prompt, self._late))

    def ask(self, endpoint: EndpointName) -> None:
        """Have an endpoint read; once more afterwards where that is under way."""
        self._asked += 1
        if endpoint in self._prompt or endpoint in self._late:
            # Not from the beginning at once: whoever registers all the time would keep us busy.
            self._again.add(endpoint)
            return
        self._waiting.setdefault(endpoint)
        if self._begun < self._pace:  # else `_go_on` will, as nearly always
            self._begin()

    async def aclose(self) -> None:
        """Stop reading."""
        tasks = [*self._prompt.values(), *self._late.values()]
        for some in (self._waiting, self._prompt, self._late, self._again):
            some.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> None:
        while self._waiting and len(self._prompt) < self._most and self._begun < self._pace:
            if not self._begun:
                self._pause = LONG_PAUSE if self._asked > MANY * self._pause else PAUSE
                self._asked = 0
                self._clock.call_at(self._clock.now() + self._pause, self._go_on)
            self._begun += 1
            endpoint = next(iter(self._waiting))
            del self._waiting[endpoint]
            task = asyncio.create_task(self._read(endpoint))
            self._prompt[endpoint] = task
            no_longer = self._clock.call_at(
                self._clock.now() + PROMPT, partial(self._is_late, endpoint, task)
            )
            task.add_done_callback(partial(self._done, endpoint, no_longer))

    def _go_on(self) -> None:
        self._begun = 0
        self._begin()

    def _is_late(self, endpoint: EndpointName, task: "asyncio.Task[None]") -> None:
        if self._prompt.get(endpoint) is not task:
            return
        self._late[endpoint] = self._prompt.pop(endpoint)
        if len(self._late) > self._most_late:
            longest = next(iter(self._late))
            self._late.pop(longest).cancel()
        self._begin()

    def _done(
        self, endpoint: EndpointName, no_longer: Callable[[], None], task: "asyncio.Task[None]"
    ) -> None:
        no_longer()
        for some in (self._prompt, self._late):
            if some.get(endpoint) is task:
                del some[endpoint]
        if endpoint in self._again:
            self._again.discard(endpoint)
            self._waiting.setdefault(endpoint)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("hardware not kept", endpoint=endpoint, exc_info=error)
        self._begin()
