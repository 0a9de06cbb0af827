"""Who is awake, what is told of it, and what that costs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lwm2m_server.protocol.operations import Read
from lwm2m_server.protocol.registration import RegisterRequest, UpdateRequest
from lwm2m_server.service.ports import Unreachable
from objects.path import Path

from .memory import Memory
from .sleepers import CONTENT, WINDOW, Server
from .world import FakeClock, settle

READ = Read(Path(3, 0, 14))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    one = await Server.start(Memory(), FakeClock())
    yield one
    await one.aclose()


def asks() -> RegisterRequest:
    return RegisterRequest("peer:1", ("ep=dev", "lwm2m=1.1", "b=U", "Q"), b"</3/0>")


async def heard(server: Server) -> list[str]:
    return [kind for kind, _ in await server.told("awake", "sleeping")]


async def test_awake_and_sleeping_are_told_when_that_changes(server: Server) -> None:
    await server.register()
    assert await heard(server) == ["awake"]
    await server.passes(60)
    await server.update()
    await server.passes(60)
    assert await heard(server) == ["awake"], "its Update began the window anew"
    await server.passes(40)
    assert await heard(server) == ["awake", "sleeping"]
    server.presence.notified("dev", (Path(3, 0, 14),))
    assert await heard(server) == ["awake", "sleeping", "awake"]


async def test_who_registers_or_updates_is_awake_with_the_answer(server: Server) -> None:
    """Those who act on registrations are told later; till then nobody may take it for asleep."""
    await server.registrations.register(asks()).durable
    assert server.presence.awake(server.registration())
    assert await heard(server) == ["awake"]
    await server.sleeps()
    for query in ((), ("lt=500",)):
        told = UpdateRequest(server.registration().id, "peer:1", query)
        if (durable := server.registrations.update(told)) is not None:
            await durable
        assert server.presence.awake(server.registration())
        await server.sleeps()
    assert await heard(server) == ["awake", "sleeping"] * 3


async def test_who_leaves_before_its_register_is_answered_is_not_awake(server: Server) -> None:
    accepted = server.registrations.register(asks())
    server.registrations.deregister(accepted.id)
    await server.sleeps()
    assert await heard(server) == []


async def test_what_waits_goes_out_once_the_endpoint_has_its_answer(server: Server) -> None:
    await server.register()
    await server.sleeps()
    task = asyncio.create_task(server.downlink.request(server.registration(), READ))
    await settle()
    await server.registrations.register(asks()).durable
    await settle()
    assert not server.air.sent
    await server.passes(0.1)
    await server.air.answers()
    assert await task == CONTENT


async def test_nothing_is_told_of_endpoints_that_are_not_in_queue_mode(server: Server) -> None:
    await server.register("dev", "lwm2m=1.1", "b=U")
    server.presence.heard("dev")
    server.presence.heard("nobody")
    await server.sleeps()
    assert await heard(server) == []
    assert server.presence.awake(server.registration())


async def test_version_1_0_tells_queue_mode_by_its_binding(server: Server) -> None:
    await server.register("dev", "lwm2m=1.0", "b=UQ")
    await server.sleeps()
    assert await heard(server) == ["awake", "sleeping"]


async def test_who_leaves_is_told_of_by_that_alone(server: Server) -> None:
    await server.register()
    await asyncio.shield(server.registrations.deregister(server.registration().id))
    await server.sleeps()
    assert await heard(server) == ["awake"]


async def test_internal_requests_wait_for_the_next_window(server: Server) -> None:
    await server.register()
    await server.sleeps()
    task = asyncio.create_task(server.downlink.request(server.registration(), READ))
    await server.passes(1000)
    assert not server.air.sent
    await server.update(port=5)
    assert server.air.sent == [("peer:5", READ)]
    await server.air.answers()
    assert await task == CONTENT


async def test_who_waits_for_an_endpoint_that_is_gone_is_told(server: Server) -> None:
    await server.register("dev", "lwm2m=1.1", "b=U", "Q", "lt=300")
    await server.sleeps()
    task = asyncio.create_task(server.downlink.request(server.registration(), READ))
    await server.passes(300)
    with pytest.raises(Unreachable, match="no more"):
        await task


async def test_who_stops_waiting_leaves_nothing_behind(server: Server) -> None:
    await server.register()
    await server.sleeps()
    tasks = [
        asyncio.create_task(server.downlink.request(server.registration(), READ)) for _ in range(3)
    ]
    await settle()
    for task in tasks:
        task.cancel()
    await settle()
    assert not server.presence._waiting


async def test_a_late_failure_does_not_send_to_sleep_who_was_heard_since(server: Server) -> None:
    await server.register()
    task = asyncio.create_task(server.downlink.request(server.registration(), READ))
    await settle()
    await server.passes(60)
    await server.update()
    await server.air.fails()
    with pytest.raises(Unreachable):
        await task
    assert server.presence.awake(server.registration())
    assert await heard(server) == ["awake"]


async def test_a_fleet_has_one_timer_and_none_while_it_sleeps(server: Server) -> None:
    now = server.clock.now
    for number in range(2000):
        server.presence._windows.heard(f"dev:{number}", now() + number / 1000)
    await server.register()

    def timers() -> int:
        clock = server.clock
        callbacks = [one for _, number, one in clock._timers if number not in clock._gone]
        return sum(one == server.presence._over for one in callbacks)

    assert timers() == 1
    await server.passes(WINDOW / 2)
    assert timers() == 1
    await server.passes(WINDOW)
    assert timers() == 0
    assert (await heard(server)).count("sleeping") > 0
