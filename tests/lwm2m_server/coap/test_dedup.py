"""Answers kept for duplicates, in generations (RFC 7252 §4.5)."""

from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.dedup import Replies
from lwm2m_server.coap.timers import Wheel

LIFETIME = 247.0


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 100)), max_size=60))
def test_what_was_kept_is_found_for_a_lifetime_and_then_forgotten(
    steps: list[tuple[int, float]],
) -> None:
    wheel, now = Wheel(), 50.0
    replies = Replies(wheel, LIFETIME, 1_000_000)
    kept: dict[int, tuple[bytes, float]] = {}
    for key, pause in steps:
        now += pause
        wheel.tick(now)
        replies.keep(key, b"%d" % now, now)
        kept[key] = (b"%d" % now, now)
        for known, (reply, at) in kept.items():
            if now - at < LIFETIME:
                assert replies.find(known) == reply
    while (due := wheel.next_due()) is not None:
        now = due
        wheel.tick(now)
    assert len(replies) == 0
    assert now <= max((at for _, at in kept.values()), default=now) + 1.4 * LIFETIME


def test_they_are_bounded_in_number_and_in_bytes() -> None:
    replies = Replies(Wheel(), LIFETIME, 800)
    for key in range(5000):
        replies.keep(key, b"short", 0.0)
        assert len(replies) <= 800
    assert replies.find(4999) == b"short"
    assert replies.find(4000) is None
    for key in range(5000):
        replies.keep(key, bytes(1024), 0.0)
    assert len(replies) <= 800 // 9 + 1
