"""The retransmission timeout (draft-ietf-core-cocoa-03, RFC 6298)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.rto import HIGHEST, LOWEST, Rto, backoff

from .solo import Solo, ack


def test_the_first_strong_measurement() -> None:
    """RFC 6298 §2.2: SRTT = R, RTTVAR = R / 2; then half of the old and half of the new."""
    rto = Rto(2.0, 0.0)
    rto.measured(0.4, 0, 1.0)
    assert rto.value == pytest.approx((2.0 + 0.4 + 4 * 0.2) / 2)


def test_the_first_weak_measurement() -> None:
    """K is 1, and a quarter is taken over."""
    rto = Rto(2.0, 0.0)
    rto.measured(4.0, 1, 1.0)
    assert rto.value == pytest.approx(0.75 * 2.0 + 0.25 * (4.0 + 2.0))


def test_a_second_measurement_is_smoothed() -> None:
    """RFC 6298 §2.3."""
    rto = Rto(2.0, 0.0)
    rto.measured(1.0, 0, 1.0)
    rto.measured(2.0, 0, 2.0)
    smoothed, variation = 1 + 1 / 8, 0.5 + (1 - 0.5) / 4
    assert rto.value == pytest.approx(0.5 * 2.5 + 0.5 * (smoothed + 4 * variation))


def test_more_than_two_retransmissions_say_nothing() -> None:
    rto = Rto(2.0, 0.0)
    rto.measured(50.0, 3, 1.0)
    assert rto.value == 2.0


@pytest.mark.parametrize(("initial", "factor"), [(0.5, 3.0), (1.0, 2.0), (3.0, 2.0), (3.1, 1.5)])
def test_variable_backoff(initial: float, factor: float) -> None:
    assert backoff(initial) == factor


@pytest.mark.parametrize(
    ("value", "idle", "aged"),
    [
        (0.5, 7.9, 0.5),
        (0.5, 8.1, 1.0),
        (0.25, 4.1, 0.5),
        (0.25, 12.5, 1.0),
        (2, 1e9, 2),
        (10, 39, 10),
        (10, 41, 6.0),
        (10, 65, 4.0),
        (10, 1e9, 3.0),
    ],
)
def test_ageing(value: float, idle: float, aged: float) -> None:
    assert Rto(value, 100.0).aged(100.0 + idle) == pytest.approx(aged)


@given(
    st.lists(
        st.tuples(st.floats(0, 200), st.integers(0, 5), st.floats(0, 1000)), min_size=1, max_size=30
    )
)
def test_it_stays_within_its_bounds(measured: list[tuple[float, int, float]]) -> None:
    rto, now = Rto(2.0, 0.0), 0.0
    for rtt, tries, pause in measured:
        now += pause
        rto.measured(rtt, tries, now)
        assert LOWEST <= rto.value <= HIGHEST
        assert LOWEST <= rto.aged(now + pause) <= HIGHEST


def test_a_quick_peer_is_asked_again_sooner() -> None:
    solo = Solo()
    for _ in range(10):
        solo.ask()
        request = solo.only()
        solo.wait(0.05)
        solo.hear(ack(request))
    solo.ask()
    solo.said()
    assert solo.wait(1)[0][0] < 0.6


def test_a_slow_peer_is_given_its_time_but_not_beyond_the_span() -> None:
    """Message ids live for as long as §4.8.2 derives from MAX_TRANSMIT_SPAN."""
    solo = Solo()
    for _ in range(12):
        solo.ask()
        request = solo.only()
        solo.wait(6)
        solo.hear(ack(request))
    solo.ask()
    request = solo.only()
    times = [at for at, message in solo.wait(93.2) if message == request]
    assert times[0] > 3.1
    assert times[-1] <= 46
    assert len(solo.outcomes) == 13
