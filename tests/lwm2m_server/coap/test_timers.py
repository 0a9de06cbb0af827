"""The timer wheel against a list that is sorted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.timers import PER_SECOND, Timed, Wheel

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "soon", "clear", "tick"]), st.integers(0, 4), st.floats(0, 3)
    ),
    max_size=40,
)


@given(STEPS)
def test_each_is_called_once_when_it_is_due(steps: list[tuple[str, int, float]]) -> None:
    wheel, items = Wheel(), [Timed() for _ in range(5)]
    due: dict[Timed, float] = {}
    now = 10.0

    def called(item: Timed, at: float) -> None:
        assert due.pop(item) <= at

    for what, index, seconds in steps:
        item = items[index]
        if what == "set":
            wheel.set(item, now + seconds, called)
            due[item] = now + seconds
        elif what == "soon":
            wheel.soon(item, now, called)
            due[item] = now
        elif what == "clear":
            wheel.clear(item)
            due.pop(item, None)
        else:
            now += seconds
            wheel.tick(now)
            assert all(when > now - 1 / PER_SECOND for when in due.values())
        following = wheel.next_due()
        assert (following is None) == (not due)
        if following is not None:
            assert following <= min(due.values()) + 1 / PER_SECOND


def test_what_is_set_by_an_action_waits_for_the_next_tick() -> None:
    wheel, item, calls = Wheel(), Timed(), []

    def again(item: Timed, now: float) -> None:
        calls.append(now)
        wheel.soon(item, now, again)

    wheel.soon(item, 1.0, again)
    wheel.tick(1.0)
    assert calls == [1.0]
    assert wheel.next_due() == 1.0


def test_what_an_action_clears_is_not_called() -> None:
    wheel, items, calls = Wheel(), [Timed(), Timed()], []

    def clears(item: Timed, _: float) -> None:
        calls.append(item)
        for other in items:
            wheel.clear(other)

    for item in items:
        wheel.set(item, 1.0, clears)
    wheel.tick(1.0)
    assert calls == items[:1]


def test_an_action_that_raises_costs_the_others_nothing() -> None:
    wheel, calls = Wheel(), []

    def fails(_: Timed, __: float) -> None:
        raise RuntimeError("a fault")

    wheel.set(Timed(), 1.0, fails)
    wheel.set(Timed(), 1.0, lambda *_: calls.append(1))
    wheel.set(Timed(), 1.5, lambda *_: calls.append(2))
    with pytest.raises(RuntimeError):
        wheel.tick(2.0)
    assert wheel.next_due() == 1.0
    wheel.tick(2.0)
    assert calls == [1, 2]
    assert wheel.next_due() is None


def test_what_was_cleared_leaves_nothing() -> None:
    wheel = Wheel()
    for number in range(1000):
        item = Timed()
        wheel.set(item, 5 + number / 100, lambda *_: None)
        wheel.clear(item)
    assert wheel.next_due() is None
    assert wheel._slots == {}
