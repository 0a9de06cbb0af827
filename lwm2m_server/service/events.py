"""The event log: bounded, lossless by id, followed by any number of readers."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterator
from itertools import islice
from typing import Any, Final

import structlog

from ..protocol.events import Event, EventKind
from ..protocol.registration import EndpointName
from .repositories import EventRepository

# In memory for followers, and until storage has taken them: so many, in so many bytes or so.
_RECENT: Final = 4096
_RECENT_SIZE: Final = 16 * 1024**2
_UNWRITTEN_SIZE: Final = 64 * 1024**2
# What an event takes that carries no payload, or so; and each thing within one that does.
_BARE: Final = 1024
_EACH: Final = 64
_CARRYING: Final = frozenset({EventKind.NOTIFICATION, EventKind.SEND, EventKind.RESPONSE})
_BATCH: Final = 256
_TRIM_EVERY: Final = 1024
# Storage hears at most so often (seconds), of so many at once: what registers has its
# turn there between two batches, and waits for half a millisecond.
_PAUSE: Final = 0.1
_WRITTEN_AT_ONCE: Final = 64

_log = structlog.get_logger(__name__)


class _Window:
    """The latest events: of more than `most`, or `size` bytes, the oldest are forgotten."""

    def __init__(self, most: int, size: int) -> None:
        self._most = most
        self._most_size = size
        self._events: deque[tuple[Event, int]] = deque()
        self._size = 0

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return (event for event, _ in self._events)

    @property
    def first_id(self) -> int:
        """The id of the oldest event; there is one."""
        return self._events[0][0].id

    def append(self, event: Event, size: int) -> None:
        """Add an event; it is there, however large it is."""
        self._events.append((event, size))
        self._size += size
        while len(self._events) > self._most or (self._size > self._most_size and len(self) > 1):
            self.popleft()

    def popleft(self) -> None:
        """Forget the oldest event."""
        self._size -= self._events.popleft()[1]


class EventLog:
    """Implements `EventSink` for use-cases and `EventFeed` for the API.

    A follower that is slow costs no memory: it reads on from its last id, and
    skips only what the retention limit has removed meanwhile.
    """

    def __init__(self, repository: EventRepository, keep: int = 100_000) -> None:
        self._repository = repository
        self._keep = keep
        self._last = 0
        self._recent = _Window(_RECENT, _RECENT_SIZE)
        self._unwritten = _Window(keep, _UNWRITTEN_SIZE)
        self._since_trim = 0
        self._more: asyncio.Event | None = None  # only while a follower waits
        self._closing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Go on with the ids where the log ends."""
        self._last = await self._repository.last_id()

    async def aclose(self) -> None:
        """Write what is not yet written."""
        self._closing.set()
        while self._writer is not None:
            await asyncio.shield(self._writer)

    def emit(
        self, kind: EventKind, at: float, endpoint: EndpointName | None, data: dict[str, Any]
    ) -> None:
        """Take note of an event (see `Event`); never blocks and never fails the caller."""
        self._last += 1
        event = Event(kind, at, endpoint, data, self._last)
        size = _BARE + (_size_of(data.values()) if kind in _CARRYING else 0)
        self._recent.append(event, size)
        self._unwritten.append(event, size)
        if self._more is not None:
            self._more.set()
            self._more = None
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    @property
    def last(self) -> int:
        """The id of the latest event: whoever follows from here gets what happens from now on."""
        return self._last

    async def recent(self, after: int, limit: int) -> list[Event]:
        """Return stored events with an id above `after`, oldest first."""
        if after >= self._last:
            return []
        if self._recent and self._recent.first_id <= after + 1:
            skip = max(0, after + 1 - self._recent.first_id)
            return list(islice(self._recent, skip, skip + limit))
        stored = await self._repository.after(after, limit)
        last = stored[-1].id if stored else after
        missing = limit - len(stored)
        return stored + [event for event in self._unwritten if event.id > last][:missing]

    async def follow(self, after: int) -> AsyncIterator[Event]:
        """Yield stored events above `after`, then new ones as they happen."""
        # An id of another log, or of nobody: it must not hide what happens now.
        after = min(after, self._last)
        while True:
            more = self._more = self._more or asyncio.Event()
            batch = await self.recent(after, _BATCH)
            for event in batch:
                after = event.id
                yield event
            if not batch:
                await more.wait()

    async def _write(self) -> None:
        await asyncio.sleep(0)  # the rest of this turn of the loop comes along
        until = self._last
        while self._unwritten:
            batch = list(islice(self._unwritten, _WRITTEN_AT_ONCE))
            try:
                await self._repository.append(batch)
                self._since_trim += len(batch)
                if self._since_trim >= _TRIM_EVERY:
                    self._since_trim = 0
                    await self._repository.trim(self._keep)
            except Exception:  # noqa: BLE001 - whatever storage fails with, events go on
                # Kept in memory, and written with the next event.
                _log.exception("events not stored", count=len(batch))
                break
            while self._unwritten and self._unwritten.first_id <= batch[-1].id:
                self._unwritten.popleft()
            if batch[-1].id >= until:  # what has come since is too few to write it at once
                await self._pause()
                until = self._last
        self._writer = None

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _PAUSE)


def _size_of(told: Collection[Any]) -> int:
    """Return about how many bytes of memory the values of an event's data take."""
    size = _EACH * len(told)
    for value in told:
        kind = type(value)
        if kind is str:
            size += len(value)
        elif kind is dict:
            size += _size_of(value.values())
        elif kind is list:
            size += _size_of(value)
    return size
