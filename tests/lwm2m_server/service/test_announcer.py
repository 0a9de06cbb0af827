"""Listeners hear of all, in order, and not before the endpoint has its answer."""

from dataclasses import dataclass, field

import pytest

from lwm2m_server.protocol.registration import RegisterRequest, Registration, register
from lwm2m_server.service.announcer import Announcer

from .world import FakeClock


@dataclass
class Listener:
    clock: FakeClock
    heard: list[tuple[str, str, float]] = field(default_factory=list)

    def registered(self, registration: Registration) -> None:
        self.heard.append(("registered", registration.id, self.clock.time))

    def updated(self, registration: Registration) -> None:
        if registration.id == "bad":
            raise KeyError(registration.id)
        self.heard.append(("updated", registration.id, self.clock.time))


def registration(name: str) -> Registration:
    return register(RegisterRequest("peer", (f"ep={name}",), b"</3/0>"), name, 0.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_all_are_told_in_order_and_none_before_its_time(clock: FakeClock) -> None:
    announcer, listener = Announcer(clock), Listener(clock)
    announcer.listen(listener)
    for number in range(1000):
        clock.time += 0.0003
        announce = announcer.updated if number % 3 else announcer.registered
        announce([registration(str(number))], clock.time)
    timers = 0
    while clock.advance():
        timers += 1
    assert [name for _, name, _ in listener.heard] == [str(number) for number in range(1000)]
    assert [kind for kind, _, _ in listener.heard[:4]] == [
        "registered",
        "updated",
        "updated",
        "registered",
    ]
    for _, name, at in listener.heard:
        assert at >= 1000 + 0.0003 * (int(name) + 1) + 0.05 - 1e-9
    assert timers < 50


def test_a_listener_that_fails_silences_nothing_after_it(clock: FakeClock) -> None:
    announcer, listener = Announcer(clock), Listener(clock)
    announcer.listen(listener)
    for name in ("a", "bad", "b"):
        announcer.updated([registration(name)], clock.time)
    with pytest.raises(KeyError):
        clock.advance()
    assert clock.advance()
    assert [name for _, name, _ in listener.heard] == ["a", "b"]


def test_without_listeners_nothing_is_kept(clock: FakeClock) -> None:
    Announcer(clock).registered([registration("a")], clock.time)
    assert not clock.advance()


def test_who_is_concerned_with_some_hears_of_those_that_are_meant_when_it_is_told(
    clock: FakeClock,
) -> None:
    announcer, all_of_them, some = Announcer(clock), Listener(clock), Listener(clock)
    concerned = {"a"}
    announcer.listen(all_of_them)
    announcer.listen(some, concerned)
    announcer.registered([registration(name) for name in ("a", "b", "c")], clock.time)
    concerned.add("c")
    announcer.updated([registration("b"), registration("a")], clock.time)
    while clock.advance():
        pass
    assert [name for _, name, _ in all_of_them.heard] == ["a", "b", "c", "b", "a"]
    assert [(kind, name) for kind, name, _ in some.heard] == [
        ("registered", "a"),
        ("registered", "c"),
        ("updated", "a"),
    ]
