"""Requests to endpoints that sleep wait for them, go out in order, and end as is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lwm2m_server.protocol.operations import (
    CancelObservation,
    Create,
    Discover,
    Execute,
    Operation,
    Read,
    Response,
    Write,
)
from lwm2m_server.protocol.queued_request import MOST_ATTEMPTS, RequestState
from lwm2m_server.protocol.request_queue import QUEUE_BOUNDS
from lwm2m_server.service.answers import Queued
from lwm2m_server.service.errors import (
    Conflict,
    EndpointAsleep,
    EndpointUnreachable,
    NotFound,
    QueueFull,
)
from lwm2m_server.service.ports import Unreachable, Unsent
from objects.path import Path

from .memory import Memory
from .sleepers import CONTENT, Server
from .world import FakeClock, settle

OFFSET = Path(3, 0, 14)
READ = Read(OFFSET)
REBOOT = Execute(Path(3, 0, 4))
CREATE = Create(Path(3303), b"x", 112)
PARTIAL = Write(Path(3, 0), b"x", 112, replace=False)
WRITE = Write(OFFSET, b"+02", 0)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = await Server.start(Memory(), FakeClock())
    yield one
    await one.aclose()


async def queued(
    server: Server, operation: Operation = READ, patience: float | None = None, *more: Operation
) -> str:
    answer = await server.queue.submit(server.registration(), operation, patience, more)
    assert isinstance(answer, Queued)
    return answer.id


async def asleep(server: Server) -> None:
    await server.register()
    await server.sleeps()


def submitted(
    server: Server, operation: Operation = READ, patience: float | None = None
) -> "asyncio.Task[Response | Queued]":
    return asyncio.create_task(server.queue.submit(server.registration(), operation, patience))


# --- ETS: LightweightM2M-1.1-int-108, -109 -----------------------------------------------------


async def test_108_turn_on_queue_mode(server: Server) -> None:
    await server.register("dev", "lwm2m=1.1", "b=U")
    await server.sleeps()
    task = submitted(server)
    await settle()
    await server.air.answers()
    assert await task == CONTENT, "who is not in queue mode is always awake"
    await server.update("dev", "b=UQ")
    await server.sleeps()
    await queued(server)
    assert len(server.air.sent) == 1


async def test_109_behaviour_in_queue_mode(server: Server) -> None:
    await server.register()
    task = submitted(server)
    await settle()
    await server.air.answers()
    assert await task == CONTENT, "awake after its Register"
    await server.sleeps()
    request = await queued(server)
    await server.passes(1000)
    assert len(server.air.sent) == 1, "nothing goes out while it sleeps"
    await server.update(port=2)
    assert server.air.sent[1] == ("peer:2", READ), "to where its Update came from"
    await server.air.answers()
    assert await server.told("response") == [
        (
            "response",
            {
                "id": request,
                "operation": "Read",
                "path": "/3/0/14",
                "state": "answered",
                "code": "2.05",
                "values": {"/3/0/14": "+01"},
            },
        )
    ]


# --- order and windows ---------------------------------------------------------------------


async def test_requests_go_out_one_at_a_time_in_the_order_they_came(server: Server) -> None:
    await asleep(server)
    operations = [Read(Path(3, 0, n)) for n in range(5)]
    for operation in operations:
        await queued(server, operation)
    await server.update()
    for number in range(len(operations)):
        assert [sent for _, sent in server.air.sent] == operations[: number + 1]
        await server.air.answers()
    assert server.memory.requests.stored
    assert all(one.state is RequestState.ANSWERED for one in server.memory.requests.stored.values())


async def test_nobody_overtakes_what_waits_though_the_endpoint_is_awake(server: Server) -> None:
    await asleep(server)
    await queued(server, READ)
    await server.update()
    await queued(server, WRITE)
    assert [sent for _, sent in server.air.sent] == [READ]
    await server.air.answers()
    await server.air.answers(response=Response(0x44))
    assert [sent for _, sent in server.air.sent] == [READ, WRITE]
    task = submitted(server, REBOOT)
    await settle()
    await server.air.answers(response=Response(0x44))
    assert await task == Response(0x44), "nothing waits any more"


async def test_each_answer_prolongs_the_window_and_without_one_the_rest_waits(
    server: Server,
) -> None:
    await asleep(server)
    for number in range(4):
        await queued(server, Read(Path(3, 0, number)))
    await server.update()
    await server.passes(80)
    await server.air.answers()
    await server.passes(80)
    await server.air.answers()
    assert len(server.air.sent) == 3
    await server.air.fails()
    assert len(server.air.sent) == 3, "it sleeps: the fourth was not tried"
    await server.update(port=7)
    assert server.air.sent[3] == ("peer:7", Read(Path(3, 0, 2))), "asked again, before the fourth"


async def test_who_registers_anew_gets_what_waited_at_its_new_address(server: Server) -> None:
    await asleep(server)
    await queued(server)
    await server.register("dev", port=9)
    assert server.air.sent == [("peer:9", READ)]


async def test_a_queue_outlives_the_registration(server: Server) -> None:
    await asleep(server)
    request = await queued(server)
    await asyncio.shield(server.registrations.deregister(server.registration().id))
    await server.passes(100)
    assert (await server.queue.request(request)).state == "queued"
    await server.register("dev", "lwm2m=1.1", "b=U")
    await server.air.answers()
    assert (await server.queue.request(request)).state == "answered", "not in queue mode now"


async def test_what_registers_anew_while_it_is_asked_is_asked_once_more(server: Server) -> None:
    await asleep(server)
    request = await queued(server)
    await server.update()
    await server.passes(1)
    await server.register("dev", port=2)
    await server.air.fails(error=Unreachable("the endpoint registered anew"))
    assert [address for address, _ in server.air.sent] == ["peer:1", "peer:2"]
    await server.air.answers()
    assert (await server.queue.request(request)).attempts == 2


async def test_other_content_formats_are_tried_in_the_same_window(server: Server) -> None:
    await asleep(server)
    others = (Read(OFFSET, 112), Read(OFFSET, 11542), Read(OFFSET, 0))
    request = await queued(server, others[0], None, *others[1:])
    await server.update()
    await server.air.answers(response=Response(0x86))
    await server.air.answers()
    assert [sent for _, sent in server.air.sent] == list(others[:2])
    assert (await server.queue.request(request)).code == "2.05"


async def test_a_passive_cancel_needs_nobody_to_be_awake(server: Server) -> None:
    await asleep(server)
    task = submitted(server, CancelObservation(OFFSET, active=False))
    await settle()
    await server.air.answers(response=Response(0x45))
    assert (await task) == Response(0x45)
    assert not server.presence.awake(server.registration()), "nothing was heard of it"


# --- outcomes ------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [REBOOT, CREATE, PARTIAL])
async def test_what_would_be_done_twice_is_sent_once(server: Server, operation: Operation) -> None:
    await asleep(server)
    request = await queued(server, operation)
    await server.update()
    await server.air.fails()
    view = await server.queue.request(request)
    assert (view.state, view.reason, view.code) == ("unknown", "no answer", None)
    await server.update()
    assert len(server.air.sent) == 1


@pytest.mark.parametrize("operation", [READ, WRITE, Discover(Path(3))])
async def test_what_does_no_harm_is_asked_again_but_not_for_ever(
    server: Server, operation: Operation
) -> None:
    await asleep(server)
    request = await queued(server, operation)
    for _ in range(MOST_ATTEMPTS):
        assert (await server.queue.request(request)).state == "queued"
        await server.update()
        await server.air.fails()
        await server.passes(1)
    view = await server.queue.request(request)
    assert (view.state, view.attempts) == ("unanswered", MOST_ATTEMPTS)
    await server.update()
    assert len(server.air.sent) == MOST_ATTEMPTS


async def test_what_has_not_left_the_server_waits_whatever_it_is(server: Server) -> None:
    await server.register()
    task = submitted(server, REBOOT)
    await settle()
    await server.air.fails(error=Unsent("the DTLS session is gone"))
    answer = await task
    assert isinstance(answer, Queued)
    await settle()
    await server.air.fails(error=Unsent("the DTLS session is gone"))
    assert not server.air.on_air, "it is not tried again and again"
    view = await server.queue.request(answer.id)
    assert (view.state, view.attempts) == ("queued", 0)
    await server.update()
    await server.air.answers(response=Response(0x44))
    view = await server.queue.request(answer.id)
    assert (view.state, view.code, view.attempts) == ("answered", "2.04", 1)


async def test_an_error_of_the_endpoint_is_an_answer(server: Server) -> None:
    await asleep(server)
    request = await queued(server)
    await server.update()
    await server.air.answers(response=Response(0x84))
    assert [data["code"] for _, data in await server.told("response")] == ["4.04"]
    answer = await server.queue.answer(request)
    assert answer is not None
    assert not answer.ok


async def test_an_answer_that_cannot_be_read_says_so(server: Server) -> None:
    await asleep(server)
    request = await queued(server, Read(Path(3, 0)))
    await server.update()
    await server.air.answers(response=Response(0x45, b"\xff\xff", 112))
    view = await server.queue.request(request)
    assert view.code == "2.05"
    assert view.reason is not None
    assert "cannot be read" in view.reason


async def test_links_and_what_was_created_are_shown(server: Server) -> None:
    await server.register("dev", "lwm2m=1.1", "b=UQ")
    await server.sleeps()
    discovered = await queued(server, Discover(Path(3)))
    created = await queued(server, CREATE)
    await server.update()
    await server.air.answers(response=Response(0x45, b"</3/0>;pmin=5", 40))
    await server.air.answers(response=Response(0x41, location=("3303", "7")))
    assert (await server.queue.request(discovered)).links == {"/3/0": {"pmin": "5"}}
    assert (await server.queue.request(created)).created == Path(3303, 7)


@pytest.mark.parametrize(
    ("operation", "patience"), [(REBOOT, None), (CREATE, None), (PARTIAL, None), (READ, 0)]
)
async def test_an_endpoint_that_seemed_awake_and_does_not_answer_sleeps(
    server: Server, operation: Operation, patience: float | None
) -> None:
    await server.register()
    task = submitted(server, operation, patience)
    await settle()
    await server.air.fails()
    with pytest.raises(EndpointUnreachable):
        await task
    await queued(server)
    assert len(server.air.sent) == 1


@pytest.mark.parametrize("operation", [READ, WRITE, Discover(Path(3))])
async def test_what_does_no_harm_waits_where_it_is_not_answered(
    server: Server, operation: Operation
) -> None:
    await server.register()
    task = submitted(server, operation)
    await settle()
    await server.air.fails()
    answer = await task
    assert isinstance(answer, Queued)
    assert (await server.queue.request(answer.id)).attempts == 1
    await server.update()
    await server.air.answers()
    view = await server.queue.request(answer.id)
    assert (view.state, view.attempts) == ("answered", 2)


async def test_without_patience_nothing_waits(server: Server) -> None:
    await asleep(server)
    with pytest.raises(EndpointAsleep, match="dev sleeps"):
        await server.queue.submit(server.registration(), READ, 0)
    assert not server.memory.requests.stored


# --- expiry, cancellation, bounds ------------------------------------------------------------


@pytest.mark.proves("queue-expiry")
async def test_what_waits_too_long_expires(server: Server) -> None:
    await asleep(server)
    short, long = await queued(server, READ, 60), await queued(server, WRITE, 120)
    await server.passes(61)
    assert (await server.queue.request(short)).state == "expired"
    assert (await server.queue.request(long)).state == "queued"
    (event,) = await server.told("response")
    assert event[1]["state"] == "expired"
    assert "60 s" in event[1]["reason"]
    await server.update()
    assert [sent for _, sent in server.air.sent] == [WRITE]


async def test_what_is_on_its_way_does_not_expire_before_its_end(server: Server) -> None:
    await asleep(server)
    request = await queued(server, READ, 10)
    await server.update()
    await server.passes(60)
    assert (await server.queue.request(request)).state == "sent"
    await server.air.fails()
    await server.passes(1)
    assert (await server.queue.request(request)).state == "expired"


async def test_what_waits_can_be_cancelled_and_what_was_sent_cannot(server: Server) -> None:
    await asleep(server)
    first, second = await queued(server, READ), await queued(server, WRITE)
    assert (await server.queue.cancel(second)).state == "cancelled"
    await server.update()
    with pytest.raises(Conflict, match="sent"):
        await server.queue.cancel(first)
    await server.air.answers()
    for ended in (first, second):
        with pytest.raises(Conflict, match="has ended"):
            await server.queue.cancel(ended)
    with pytest.raises(NotFound):
        await server.queue.cancel("q")
    assert [sent for _, sent in server.air.sent] == [READ]
    assert [data["state"] for _, data in await server.told("response")] == ["cancelled", "answered"]


async def test_a_full_queue_refuses_and_keeps_nothing() -> None:
    bounds = replace(QUEUE_BOUNDS, per_endpoint=2)
    server = await Server.start(Memory(), FakeClock(), bounds=bounds)
    await asleep(server)
    kept = {await queued(server), await queued(server)}
    with pytest.raises(QueueFull, match="at most 2 requests wait for dev"):
        await queued(server)
    assert set(server.memory.requests.stored) == kept
    await server.aclose()


async def test_outcomes_are_kept_for_so_long_and_so_many() -> None:
    bounds = replace(QUEUE_BOUNDS, kept=3, kept_for=1000.0, per_endpoint=10_000)
    server = await Server.start(Memory(), FakeClock(), bounds=bounds)
    await asleep(server)
    ids = []
    for _ in range(300):
        ids.append(await queued(server))
        await server.queue.cancel(ids[-1])
    assert len(server.memory.requests.stored) < 100
    assert (await server.queue.request(ids[-1])).state == "cancelled"
    assert len(await server.queue.requests("dev", 2)) == 2
    await server.passes(1001)
    with pytest.raises(NotFound):
        await server.queue.request(ids[-1])
    assert await server.queue.requests() == []
    await server.aclose()


async def test_an_answer_that_is_too_long_to_be_kept_leaves_its_code() -> None:
    bounds = replace(QUEUE_BOUNDS, payload_kept=2)
    server = await Server.start(Memory(), FakeClock(), bounds=bounds)
    await asleep(server)
    request = await queued(server)
    await server.update()
    await server.air.answers()
    view = await server.queue.request(request)
    assert (view.code, view.values) == ("2.05", ())
    assert view.reason == "the answer's 3 bytes were too many to be kept"
    await server.aclose()


async def test_what_cannot_be_made_durable_is_refused_and_never_sent(server: Server) -> None:
    await asleep(server)
    server.memory.requests.error = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        await queued(server)
    server.memory.requests.error = None
    await server.update()
    assert not server.air.sent
    assert not server.memory.requests.stored


async def test_who_gives_up_before_it_is_durable_leaves_nothing(server: Server) -> None:
    await asleep(server)
    task = submitted(server, REBOOT)
    await asyncio.sleep(0)
    task.cancel()
    await settle()
    await server.update()
    assert not server.air.sent


async def test_nothing_is_sent_while_it_cannot_be_noted(server: Server) -> None:
    await asleep(server)
    request = await queued(server, REBOOT)
    server.memory.requests.error = OSError("disk full")
    await server.update()
    assert not server.air.sent
    server.memory.requests.error = None
    await server.update()
    await server.air.answers(response=Response(0x44))
    assert (await server.queue.request(request)).state == "answered"


# --- restart -------------------------------------------------------------------------------


async def restarted(server: Server, number: int = 1) -> Server:
    """Kill the server as a power cut does, and start another on what it left."""
    memory = Memory()
    memory.requests.stored = dict(server.memory.requests.stored)
    memory.registrations.stored = dict(server.memory.registrations.stored)
    memory.events.stored = await server.events.recent(0, 1000)
    clock = FakeClock()
    clock.time = server.clock.time
    await server.aclose()
    return await Server.start(memory, clock, number)


@pytest.mark.proves("queue-durable")
async def test_a_restart_keeps_the_queue_and_its_order(server: Server) -> None:
    await asleep(server)
    operations: list[Operation] = [REBOOT, READ, CREATE, WRITE, PARTIAL]
    for operation in operations:
        await queued(server, operation)
    again = await restarted(server)
    await again.update()
    for number in range(len(operations)):
        assert [sent for _, sent in again.air.sent] == operations[: number + 1]
        await again.air.answers(response=Response(0x44))
    await again.aclose()


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        (READ, "queued"),
        (WRITE, "queued"),
        (REBOOT, "unknown"),
        (CREATE, "unknown"),
        (PARTIAL, "unknown"),
    ],
)
async def test_what_was_on_its_way_at_a_restart(
    server: Server, operation: Operation, state: str
) -> None:
    await asleep(server)
    request = await queued(server, operation)
    await server.update()
    assert server.air.sent
    again = await restarted(server)
    view = await again.queue.request(request)
    assert view.state == state
    assert view.reason == "the server was restarted before the endpoint had answered"
    assert len(await again.told("response")) == (state == "unknown")
    await again.update()
    assert [sent for _, sent in again.air.sent] == ([operation] if state == "queued" else [])
    await again.aclose()


async def test_what_waits_for_whoever_is_awake_goes_out_after_a_restart(server: Server) -> None:
    await asleep(server)
    await queued(server, READ)
    await server.update("dev", "lt=500")  # which storage has at once
    again = await restarted(server)
    assert [sent for _, sent in again.air.sent] == [READ]
    assert await again.told("awake") == await server.told("awake"), "that is no news"
    await again.aclose()


async def test_what_expired_while_the_server_was_down_is_told_of(server: Server) -> None:
    await asleep(server)
    request = await queued(server, READ, 60)
    server.clock.time += 100
    again = await restarted(server)
    await again.passes(1)
    assert (await again.queue.request(request)).state == "expired"
    await again.aclose()
