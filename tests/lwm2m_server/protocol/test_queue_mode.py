"""Who is awake, as the fleet is kept, is who would be if each endpoint were kept by itself."""

import tracemalloc
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.events import EventKind
from lwm2m_server.protocol.queue_mode import TRANSITIONS, AwakeWindows, Presence, Sign

WINDOW = 93.0
ENDPOINTS = ("a", "b", "c")

moments = st.integers(0, 100)
signs = st.tuples(moments, st.sampled_from(ENDPOINTS), st.sampled_from(Sign), moments)


@pytest.mark.parametrize(("presence", "sign"), list(product(Presence, Sign)))
def test_every_sign_has_a_meaning_and_an_event_is_a_change(presence: Presence, sign: Sign) -> None:
    after, event = TRANSITIONS[presence, sign]
    assert (after is Presence.AWAKE) == (sign is Sign.HEARD)
    if event is not None:
        assert after is not presence
        assert event is (EventKind.AWAKE if after is Presence.AWAKE else EventKind.SLEEPING)
    elif after is not presence:
        assert sign is Sign.LEFT


@given(st.lists(signs, max_size=12))
def test_the_fleet_is_as_each_endpoint_by_itself(told: list[tuple[int, str, Sign, int]]) -> None:
    fleet, now = AwakeWindows(WINDOW), 0.0
    heard: dict[str, float] = {}
    state = dict.fromkeys(ENDPOINTS, Presence.SLEEPING)

    def step(endpoint: str, sign: Sign) -> EventKind | None:
        state[endpoint], event = TRANSITIONS[state[endpoint], sign]
        return event

    for passed, endpoint, sign, asked in told:
        now += passed
        events = []
        if sign is Sign.HEARD:
            events = [(fleet.heard(endpoint, now), step(endpoint, sign))]
            heard[endpoint] = now
        elif sign is Sign.SILENT:
            silent = fleet.silent(endpoint, float(asked))
            if state[endpoint] is Presence.AWAKE and heard[endpoint] > asked:
                assert silent is None  # heard of since it was asked
            else:
                events = [(silent, step(endpoint, sign))]
        elif sign is Sign.LEFT:
            events = [(fleet.left(endpoint), step(endpoint, sign))]
        else:
            over = dict(fleet.over(now))
            for one in ENDPOINTS:
                due = state[one] is Presence.AWAKE and heard[one] + WINDOW <= now
                events.append((over.get(one), step(one, sign) if due else None))
        assert all(got is wanted for got, wanted in events)
        awake = {one for one in ENDPOINTS if state[one] is Presence.AWAKE}
        assert len(fleet) == len(awake)
        for one in ENDPOINTS:
            reached = one in awake and heard[one] + WINDOW > now
            assert (fleet.presence(one, now) is Presence.AWAKE) == reached
        wanted = min((heard[one] + WINDOW for one in awake), default=None)
        assert fleet.next_over() == wanted


def test_a_window_is_never_shortened_by_what_was_heard_before() -> None:
    fleet = AwakeWindows(WINDOW)
    fleet.heard("a", 10.0)
    fleet.heard("a", 9.0)  # an Update that is told of a little late
    assert fleet.presence("a", 10.0 + WINDOW - 0.5) is Presence.AWAKE


def test_those_that_sleep_take_no_memory() -> None:
    fleet = AwakeWindows(WINDOW)
    names = [f"urn:dev:{n}" for n in range(10_000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for name in names:
            fleet.heard(name, 1.0)
        awake = tracemalloc.get_traced_memory()[0] - before
        assert len(fleet.over(1.0 + WINDOW)) == len(names)
        asleep = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert awake < 150 * len(names)
    assert asleep < 20 * len(names)  # what the interpreter keeps for itself
    assert fleet.next_over() is None
