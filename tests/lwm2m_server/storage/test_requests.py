"""Queued requests come back from a real database as they were put."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)
from lwm2m_server.protocol.queued_request import QueuedRequest, RequestState
from lwm2m_server.storage import Storage
from objects.attributes import NotificationAttributes
from objects.path import Path

from .places import Place

PATH, PATHS = Path(3, 0, 9), (Path(3, 0, 9), Path(3303))
OPERATIONS: tuple[Operation, ...] = (
    Read(PATH, 112),
    Read(Path(3, 0, 7, 1)),
    Discover(Path(3)),
    Write(PATH, bytes(range(256)), 42, replace=False),
    WriteAttributes(PATH, NotificationAttributes(pmin=1, gt=1.5, edge=False)),
    WriteAttributes(PATH, NotificationAttributes(unset=frozenset({"gt", "lt"}))),
    Execute(PATH, "0='x'"),
    Create(Path(3303), b"\xff", 112),
    Delete(Path(3303, 1)),
    Observe(PATH, 60),
    CancelObservation(PATH, active=False),
    ReadComposite(PATHS, b"x", 110, 112),
    WriteComposite(b"x", 112),
    ObserveComposite(PATHS, b"x", 110),
    CancelComposite(PATHS, b"x", 110, active=False),
)


def made(number: int, *operations: Operation, **more: object) -> QueuedRequest:
    request = QueuedRequest(f"q{number}", "dev", number, operations, 1.5, 60.5, root="/lwm2m")
    return replace(request, **more)  # type: ignore[arg-type]


def ended(number: int, at: float) -> QueuedRequest:
    response = Response(0x41, b"\x00", 112, ("3303", "7"))
    return made(
        number,
        Read(PATH),
        state=RequestState.ANSWERED,
        attempts=2,
        finished_at=at,
        response=response,
        reason="so",
    )


@pytest.fixture
async def storage(place: Place) -> AsyncIterator[Storage]:
    one = await place.open()
    yield one
    await one.aclose()


def test_every_operation_is_among_them() -> None:
    assert {type(operation) for operation in OPERATIONS} == set(Operation.__args__)


async def test_every_operation_comes_back(storage: Storage) -> None:
    requests = [made(number, operation) for number, operation in enumerate(OPERATIONS)]
    requests.append(made(99, *OPERATIONS))
    await storage.requests.write(requests, [])
    assert await storage.requests.waiting() == requests


async def test_what_has_ended_is_found_and_waits_no_more(storage: Storage) -> None:
    waiting, sent = made(1, Read(PATH)), made(2, Read(PATH), state=RequestState.SENT)
    other = replace(made(3, Read(PATH)), endpoint="other", created_at=9.0)
    await storage.requests.write([waiting, sent, other, ended(4, 5.0)], [])
    assert await storage.requests.waiting() == [waiting, sent, other]
    assert await storage.requests.get("q4") == ended(4, 5.0)
    assert await storage.requests.get("q5") is None
    assert await storage.requests.latest(None, 2) == [other, ended(4, 5.0)]
    assert await storage.requests.latest("dev", 10) == [ended(4, 5.0), sent, waiting]
    await storage.requests.write([ended(1, 6.0)], ["q2"])
    assert await storage.requests.waiting() == [other]


async def test_a_trim_leaves_what_waits_and_the_newest_that_have_ended(storage: Storage) -> None:
    waiting = made(100, Read(PATH))
    await storage.requests.write([waiting, *(ended(n, float(n)) for n in range(10))], [])
    await storage.requests.trim(5, 7.0)
    assert [one.id for one in await storage.requests.latest(None, 99)] == ["q100", "q9", "q8", "q7"]
    await storage.requests.trim(2, 0.0)
    assert [one.id for one in await storage.requests.latest(None, 99)] == ["q100", "q9", "q8"]
