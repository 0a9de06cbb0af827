"""Registrations are durable before they are answered, and survive a restart."""

import asyncio
from itertools import count

import pytest

from lwm2m_server.protocol.errors import InvalidRequest, UnknownRegistration
from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.registration import RegisterRequest, Registration, UpdateRequest
from lwm2m_server.protocol.security_store import SecurityStore
from lwm2m_server.service.events import EventLog
from lwm2m_server.service.registration import FLUSH_INTERVAL, RegistrationService

from .memory import Memory
from .world import FakeClock, settle

LINKS = b"</3/0>"


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def registered(self, registration: Registration) -> None:
        self.heard.append(("registered", registration.endpoint))

    def updated(self, registration: Registration) -> None:
        self.heard.append(("updated", registration.endpoint))


def service(memory: Memory, clock: FakeClock) -> RegistrationService:
    ids = count(len(memory.registrations.stored))
    events = EventLog(memory.events)
    return RegistrationService(
        memory.registrations,
        events,
        clock,
        lambda: f"r{next(ids)}",
        admission=SecurityStore(allow_nosec=True),
    )


def request(endpoint: str = "dev", *query: str) -> RegisterRequest:
    return RegisterRequest("peer", (f"ep={endpoint}", "lt=300", *query), LINKS)


async def registered(one: RegistrationService, request: RegisterRequest) -> str:
    accepted = one.register(request)
    await asyncio.shield(accepted.durable)
    return accepted.id


async def updated(one: RegistrationService, request: UpdateRequest) -> None:
    if (durable := one.update(request)) is not None:
        await asyncio.shield(durable)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_what_is_answered_is_durable(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    registration = await registered(one, request())
    assert set(memory.registrations.stored) == {registration}
    await asyncio.shield(one.deregister(registration))
    assert memory.registrations.stored == {}


async def test_what_cannot_be_made_durable_is_not_answered(
    memory: Memory, clock: FakeClock
) -> None:
    memory.registrations.error = OSError("disk full")
    one = service(memory, clock)
    with pytest.raises(OSError, match="disk full"):
        await registered(one, request())
    memory.registrations.error = None
    assert await registered(one, request()) in memory.registrations.stored


@pytest.mark.proves("storm")
async def test_many_registers_of_one_turn_are_written_together(
    memory: Memory, clock: FakeClock
) -> None:
    one = service(memory, clock)
    await asyncio.gather(*(registered(one, request(f"dev{n}")) for n in range(1000)))
    assert len(memory.registrations.stored) == 1000
    assert memory.registrations.writes == 1


async def test_a_new_register_replaces_the_old_one(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    first = await registered(one, request())
    second = await registered(one, request())
    assert set(memory.registrations.stored) == {second}
    with pytest.raises(UnknownRegistration):
        await updated(one, UpdateRequest(first, "peer"))


async def test_an_unchanged_update_is_not_written_at_once(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    registration = await registered(one, request())
    clock.time += 100
    for _ in range(10):
        await updated(one, UpdateRequest(registration, "peer"))
    assert memory.registrations.writes == 1
    clock.time += FLUSH_INTERVAL
    while clock.advance() and memory.registrations.writes == 1:
        await settle()
    assert memory.registrations.stored[registration].expires_at == 1400.0


async def test_a_fleet_that_updates_is_flushed_in_slices(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    accepted = [one.register(request(f"dev{n}")) for n in range(1200)]
    await asyncio.shield(accepted[-1].durable)
    clock.time += 10
    for each in accepted:
        assert one.update(UpdateRequest(each.id, "peer")) is None
    gone = accepted.pop()
    await asyncio.shield(one.deregister(gone.id))
    while memory.registrations.writes < 5 and clock.advance():
        await settle()
    assert clock.time <= 1010 + FLUSH_INTERVAL
    assert memory.registrations.writes == 5  # the Registers, one De-register, three slices
    stored = memory.registrations.stored
    assert {stored[each.id].expires_at for each in accepted} == {1310.0}
    assert gone.id not in stored


async def test_an_update_that_changes_something_is_durable_at_once(
    memory: Memory, clock: FakeClock
) -> None:
    one = service(memory, clock)
    registration = await registered(one, request())
    await updated(one, UpdateRequest(registration, "elsewhere", ("lt=600",)))
    stored = memory.registrations.stored[registration]
    assert (stored.address, stored.lifetime) == ("elsewhere", 600)


async def test_after_a_restart_expiries_allow_for_updates_that_were_not_written(
    memory: Memory, clock: FakeClock
) -> None:
    registration = await registered(service(memory, clock), request())
    one = service(memory, clock)
    await one.start()
    found = one.by_endpoint("dev")
    assert found is not None
    assert found.expires_at == memory.registrations.stored[registration].expires_at + FLUSH_INTERVAL
    await updated(one, UpdateRequest(registration, "peer"))
    await one.aclose()
    assert memory.registrations.stored[registration].expires_at == clock.time + 300


@pytest.mark.proves("expiry")
async def test_an_endpoint_that_is_silent_expires(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    await registered(one, request())
    clock.time += 300
    while memory.registrations.stored and clock.advance():
        await settle()
    assert one.by_endpoint("dev") is None
    assert memory.registrations.stored == {}
    kinds = [event.kind for event in memory.events.stored]
    assert kinds == [EventKind.REGISTERED, EventKind.EXPIRED]


async def test_listeners_hear_once_the_endpoint_has_its_answer(
    memory: Memory, clock: FakeClock
) -> None:
    one, listener = service(memory, clock), Listener()
    one.listen(listener)
    registration = await registered(one, request())
    assert listener.heard == []
    await updated(one, UpdateRequest(registration, "peer"))
    while len(listener.heard) < 2 and clock.advance():
        await settle()
    assert listener.heard == [("registered", "dev"), ("updated", "dev")]


async def test_whoever_acts_on_ends_hears_of_each_at_once(memory: Memory, clock: FakeClock) -> None:
    one, ended = service(memory, clock), list[str]()
    one.listen_for_ends(lambda registration: ended.append(registration.id))
    first = await registered(one, request())
    second = await registered(one, request())  # in the place of the first, which listeners hear
    await one.deregister(second)
    assert ended == [second]
    third = await registered(one, request())
    clock.time += 300
    while memory.registrations.stored and clock.advance():
        await settle()
    assert ended == [second, third]
    assert first not in ended


async def test_whoever_follows_ends_hears_of_them_in_order_with_the_rest(
    memory: Memory, clock: FakeClock
) -> None:
    one, listener = service(memory, clock), Listener()
    leave = one.follow(
        listener, lambda registration: listener.heard.append(("over", registration.endpoint))
    )
    await registered(one, request())
    second = await registered(one, request())  # in the place of the first
    await one.deregister(second)
    await registered(one, request())
    clock.time += 300
    while memory.registrations.stored and clock.advance():
        await settle()
    while len(listener.heard) < 6 and clock.advance():
        await settle()
    leave()
    await registered(one, request())
    while clock.time < 1400 and clock.advance():
        await settle()
    assert [what for what, _ in listener.heard] == ["registered", "over"] * 3


async def test_a_refused_register_changes_nothing(memory: Memory, clock: FakeClock) -> None:
    one = service(memory, clock)
    kept = await registered(one, request())
    with pytest.raises(InvalidRequest):
        await registered(one, RegisterRequest("peer", ("ep=dev", "lt=never"), LINKS))
    found = one.by_endpoint("dev")
    assert found is not None
    assert found.id == kept
    assert set(memory.registrations.stored) == {kept}


async def test_a_write_that_failed_is_made_up_for_by_the_next(
    memory: Memory, clock: FakeClock
) -> None:
    one = service(memory, clock)
    await registered(one, request())
    memory.registrations.error = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        await registered(one, request())
    memory.registrations.error = None
    registration = await registered(one, request())
    assert set(memory.registrations.stored) == {registration}
