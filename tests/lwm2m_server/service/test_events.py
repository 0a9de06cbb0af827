"""The event log is lossless by id, and bounded."""

import asyncio
from collections.abc import Sequence

import pytest

from lwm2m_server.protocol.events import Event, EventKind
from lwm2m_server.service.events import EventLog

from .memory import Memory, MemoryEvents
from .world import settle


def emit(log: EventLog, number: int) -> None:
    log.emit(EventKind.BUILD, float(number), None, {"number": number})


async def first(log: EventLog, after: int, number: int) -> list[int]:
    found = []
    async for one in log.follow(after):
        found.append(one.id)
        if len(found) == number:
            break
    return found


async def test_events_get_growing_ids_and_are_stored() -> None:
    memory = Memory()
    log = EventLog(memory.events)
    await log.start()
    for number in range(3):
        emit(log, number)
    await log.aclose()
    assert [one.id for one in memory.events.stored] == [1, 2, 3]
    again = EventLog(memory.events)
    await again.start()
    emit(again, 3)
    await again.aclose()
    assert [one.id for one in memory.events.stored] == [1, 2, 3, 4]


async def test_a_follower_gets_what_was_and_what_comes_without_a_gap() -> None:
    log = EventLog(Memory().events)
    for number in range(3):
        emit(log, number)
    following = asyncio.create_task(first(log, 1, 6))
    await settle()
    for number in range(4):
        emit(log, number)
    assert await following == [2, 3, 4, 5, 6, 7]


async def test_a_slow_follower_loses_nothing_though_memory_is_bounded() -> None:
    log = EventLog(Memory().events)
    slow = log.follow(0)
    emit(log, 0)
    assert (await anext(slow)).id == 1
    for number in range(10_000):
        emit(log, number)
        if number % 1000 == 0:
            await settle()
    assert [(await anext(slow)).id for _ in range(10_000)] == list(range(2, 10_002))
    await log.aclose()
    assert len(log._written) == 4096
    assert len(log._unwritten) == 0


async def test_what_cannot_be_stored_now_is_stored_later() -> None:
    memory = Memory()
    log = EventLog(memory.events)
    memory.events.error = OSError("disk full")
    emit(log, 0)
    await settle()
    assert memory.events.stored == []
    memory.events.error = None
    emit(log, 1)
    await log.aclose()
    assert [one.id for one in memory.events.stored] == [1, 2]


async def test_the_log_is_trimmed_to_its_limit() -> None:
    memory = Memory()
    log = EventLog(memory.events, keep=100)
    for number in range(1500):
        emit(log, number)
        if number % 50 == 0:
            await settle()
    await log.aclose()
    assert len(memory.events.stored) <= 100 + 1024
    assert memory.events.stored[-1].id == 1500


async def test_an_id_that_this_log_never_gave_hides_nothing() -> None:
    log = EventLog(Memory().events)
    emit(log, 0)
    assert await log.recent(10**30, 5) == []
    following = asyncio.create_task(first(log, 10**30, 1))
    await settle()
    emit(log, 1)
    assert await following == [2]


async def test_memory_is_bounded_by_bytes_though_storage_fails() -> None:
    memory = Memory()
    log = EventLog(memory.events)
    memory.events.error = OSError("disk full")
    large = "00" * 500_000
    for number in range(200):
        log.emit(EventKind.NOTIFICATION, float(number), None, {"values": {"/1/0/1": large}})
        await settle()
    assert 50 <= len(log._unwritten) <= 68, "64 MiB"
    assert [one.id for one in await log.recent(198, 10)] == [199, 200]
    memory.events.error = None
    emit(log, 200)
    await log.aclose()
    assert 10 <= len(log._written) <= 17, "16 MiB"


class Rows(MemoryEvents):
    """Remembers what came together."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    async def append(self, events: Sequence[Event]) -> None:
        self.rows.append(len(events))
        await super().append(events)


@pytest.mark.parametrize(
    ("size", "rows"),
    [(0, [256, 256, 88]), (100_000, [2] * 50), (300_000, [1] * 20)],
)
async def test_storage_hears_of_so_many_events_and_so_many_bytes_at_once(
    size: int, rows: list[int]
) -> None:
    stored = Rows()
    log = EventLog(stored)
    kind = EventKind.NOTIFICATION if size else EventKind.BUILD
    payload = "0" * size  # one text for all: it is what they carry that counts
    for number in range(sum(rows)):
        log.emit(kind, float(number), None, {"value": payload})
    await log.aclose()
    assert stored.rows == rows
    assert [one.id for one in stored.stored] == list(range(1, sum(rows) + 1))


async def test_what_is_told_from_memory_has_no_gap() -> None:
    memory = Memory()
    log = EventLog(memory.events, keep=10)
    for number in range(5):
        emit(log, number)
    await settle()
    assert (len(log._written), len(log._unwritten)) == (5, 0)
    memory.events.error = OSError("disk full")
    for number in range(5, 13):
        emit(log, number)
    assert [one.id for one in await log.recent(2, 100)] == list(range(3, 14))
    assert [one.id for one in await log.recent(3, 4)] == [4, 5, 6, 7]
    for number in range(13, 20):
        emit(log, number)
    told = [one.id for one in await log.recent(2, 100)]
    assert told == [3, 4, 5, *range(11, 21)], "6 to 10 are neither stored nor kept"
    memory.events.error = None
    await log.aclose()


async def test_an_event_larger_than_the_bound_is_told() -> None:
    log = EventLog(Memory().events)
    log.emit(EventKind.SEND, 1.0, None, {"history": [["0" * (32 * 1024**2)]]})
    emit(log, 2)
    log.emit(EventKind.SEND, 3.0, None, {"history": [["0" * (32 * 1024**2)]]})
    assert [one.id for one in await log.recent(2, 10)] == [3]
    await log.aclose()
