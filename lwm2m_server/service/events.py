"""The event log: bounded, lossless by id, followed by any number of readers."""

import asyncio
import contextlib
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable
from itertools import accumulate, islice
from operator import itemgetter
from typing import Any, Final

import structlog

from ..protocol.events import Event, EventKind
from ..protocol.registration import EndpointName
from .repositories import EventRepository

# In memory: of those that storage has for followers, and until it has them, so many in so many
# bytes or so.
_RECENT: Final = 4096
_RECENT_SIZE: Final = 16 * 1024**2
_UNWRITTEN_SIZE: Final = 64 * 1024**2
# What an event takes that carries no payload, or so; and each thing within one that does.
_BARE: Final = 1024
_EACH: Final = 64
_CARRYING: Final = frozenset({EventKind.NOTIFICATION, EventKind.SEND, EventKind.RESPONSE})
_KIND_OF: Final = itemgetter(Event._fields.index("kind"))
_BATCH: Final = 256
_TRIM_EVERY: Final = 1024
# Storage hears at most so often (seconds), of so many and so many bytes at once: what
# registers has its turn there between two batches, and waits for half a millisecond.
_PAUSE: Final = 0.1
_WRITTEN_AT_ONCE: Final = 256
_WRITTEN_SIZE: Final = 256 * 1024

_log = structlog.get_logger(__name__)


class _Window:
    """Events in a row: of more than `most`, or `size` bytes, the oldest are forgotten."""

    def __init__(self, most: int, size: int) -> None:
        self._most = most
        self._most_size = size
        self._events: deque[Event] = deque()
        self._carried = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def first_id(self) -> int:
        """The id of the oldest event; there is one."""
        return self._events[0].id

    def extend(self, events: Collection[Event]) -> bool:
        """Add events, the last one however large; return whether others had to go for them."""
        row = self._events
        row += events
        self._carried += _carried(events)
        before = len(row)
        self._drop(before - self._most)
        while len(row) * _BARE + self._carried > self._most_size and len(row) > 1:
            self._drop(1)
        return len(row) < before

    def first(self, most: int, size: int) -> list[Event]:
        """Return the oldest events, up to `most`, that carry about `size` bytes; one at least."""
        events = list(islice(self._events, most))
        if self._carried > size:
            sizes = list(accumulate(_carried((event,)) for event in events))
            del events[max(1, bisect_right(sizes, size)) :]
        return events

    def take(self, until: int) -> list[Event]:
        """Remove and return the events up to an id."""
        return self._drop(until + 1 - self.first_id) if self._events else []

    def _drop(self, count: int) -> list[Event]:
        """Remove and return the oldest events, none where `count` is negative."""
        row = self._events
        dropped = [row.popleft() for _ in range(min(count, len(row)))]
        self._carried -= _carried(dropped)
        return dropped

    def clear(self) -> None:
        """Forget all."""
        self._events.clear()
        self._carried = 0

    def after(self, event: int, limit: int) -> list[Event]:
        """Return the first events with an id above `event`."""
        events = self._events
        begin = max(0, event + 1 - events[0].id) if events else 0
        return [events[at] for at in range(begin, min(begin + limit, len(events)))]


class EventLog:
    """Implements `EventSink` for use-cases and `EventFeed` for the API.

    A follower that is slow costs no memory: it reads on from its last id, and
    skips only what the retention limit has removed meanwhile.
    """

    def __init__(self, repository: EventRepository, keep: int = 100_000) -> None:
        self._repository = repository
        self._keep = keep
        self._last = 0
        # Each event is in one of them, and nothing is missing between the two.
        self._written = _Window(_RECENT, _RECENT_SIZE)
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
        self.emit_all(at, ((kind, endpoint, data),))

    def emit_all(
        self, at: float, happened: Iterable[tuple[EventKind, EndpointName | None, dict[str, Any]]]
    ) -> None:
        """Take note of events of one time, in order."""
        events = [
            Event(kind, at, endpoint, data, number)
            for number, (kind, endpoint, data) in enumerate(happened, self._last + 1)
        ]
        self._last += len(events)
        if self._unwritten.extend(events):
            self._written.clear()
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
        oldest = self._written or self._unwritten
        stored: list[Event] = []
        if not oldest or oldest.first_id > after + 1:
            stored = await self._repository.after(after, limit)
            after = stored[-1].id if stored else after
        for window in (self._written, self._unwritten):
            stored += window.after(after, limit - len(stored))
        return stored

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
            batch = self._unwritten.first(_WRITTEN_AT_ONCE, _WRITTEN_SIZE)
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
            self._written.extend(self._unwritten.take(batch[-1].id))
            if batch[-1].id >= until:  # what has come since is too few to write it at once
                await self._pause()
                until = self._last
        self._writer = None

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _PAUSE)


def _carried(events: Collection[Event]) -> int:
    """Return about how many bytes events take that carry a payload, beyond what each does."""
    if _CARRYING.isdisjoint(map(_KIND_OF, events)):  # as mostly, and found out ten times faster
        return 0
    return sum([_size_of(one.data.values()) for one in events if one.kind in _CARRYING])


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
