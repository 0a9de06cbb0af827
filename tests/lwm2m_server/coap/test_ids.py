"""Message ids: none comes again within EXCHANGE_LIFETIME (RFC 7252 §4.4)."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.ids import BURST, IDS, Clock, Randomness
from lwm2m_server.coap.message import decode
from lwm2m_server.coap.numbers import Type
from lwm2m_server.coap.peer import Peers
from lwm2m_server.coap.timers import Wheel
from lwm2m_server.coap.tuning import TUNING

from .solo import Solo, ack

LIFETIME = TUNING.exchange_lifetime


@given(st.lists(st.tuples(st.floats(0, 2 * LIFETIME), st.integers(1, 2 * IDS)), max_size=12))
def test_no_count_comes_again_within_its_lifetime(bursts: list[tuple[float, int]]) -> None:
    """Bursts as large as they may be: of each only the first and the last ids matter."""
    clock, now, count = Clock(LIFETIME), 1e6, 0
    used: list[tuple[int, int, float]] = []
    for pause, wanted in bursts:
        now += pause
        first = clock.count(count, now)
        if first < 0:
            assert clock.count(count, clock.when(count)) >= 0
            continue
        earliest = clock.count(0, now)
        last = min(first + wanted, earliest + BURST) - 1
        assert clock.count(last, now) == last
        assert clock.count(earliest + BURST, now) == -1
        for before_first, before_last, at in used:
            if now - at <= LIFETIME:
                assert last - before_first < IDS, "an id comes again too early"
                assert first > before_last
        used.append((first, last, now))
        count = last + 1


@given(st.floats(0, 1e7), st.floats(0, LIFETIME))
def test_whom_the_clock_has_overtaken_may_be_forgotten(now: float, later: float) -> None:
    clock = Clock(LIFETIME)
    count = clock.count(0, now) + 1
    if clock.overtook(count, now + later):
        assert clock.count(0, now + later) == clock.count(count, now + later)


def test_a_sender_waits_when_ids_are_used_up() -> None:
    solo = Solo()
    seen: dict[int, float] = {}
    answered = 0
    solo.ask()
    while answered < BURST + 2000:
        outbox, solo.endpoint.outbox = solo.endpoint.outbox, []
        if not outbox:
            due = solo.endpoint.next_due()
            assert due is not None
            solo.now = max(solo.now, due)
            solo.endpoint.tick(solo.now)
            continue
        request = decode(outbox[0][1])
        assert request.type == Type.CON
        assert solo.now - seen.get(request.id, -LIFETIME) >= LIFETIME
        seen[request.id] = solo.now
        answered += 1
        solo.hear(ack(request))
        solo.ask()
    assert solo.now - 1000 > 2000 * LIFETIME / BURST - 1


def test_two_peers_count_from_different_starts() -> None:
    wheel = Wheel()
    peers = Peers(wheel, Clock(LIFETIME), b"salt", 10, LIFETIME)
    bases = {peer.base for name in "abc" if (peer := peers.busy(name, 0.0)) is not None}
    assert len(bases) == 3


def test_a_peer_that_moved_away_and_was_forgotten_repeats_no_id() -> None:
    """Whoever is at the old address next, and wherever the peer goes on."""
    solo = Solo()
    seen: set[tuple[str, int]] = set()
    for old, new in (("A", "B"), ("B", "C"), ("C", "A"), ("A", "B")):
        for remote in (old, new):
            solo.ask(remote=remote)
            for to, request in solo.said_to():
                assert isinstance(to, str)
                assert (to, request.id) not in seen
                seen.add((to, request.id))
                solo.hear(ack(request), to)
        solo.endpoint.moved(old, new)
        solo.endpoint.forget(old, "moved", solo.now)


def test_ids_that_were_carried_along_are_remembered_where_they_were_used() -> None:
    """Who would be given another start at an address is known there for a lifetime."""
    wheel = Wheel()
    peers = Peers(wheel, Clock(LIFETIME), b"salt", 10, LIFETIME)
    peer = peers.busy("A", 100.0)
    assert peer is not None
    peer.count = 1
    peers.move(peer, "B", 100.0)
    peers.drop(peer, 101.0)
    assert peers.find("B") is peer
    wheel.tick(100.0 + LIFETIME)
    assert peers.find("B") is peer
    wheel.tick(102.0 + LIFETIME)
    assert len(peers) == 0


def test_randomness_is_used_once() -> None:
    source = random.Random(3)
    taken = Randomness(source.randbytes)
    drawn = b"".join(taken.take(size) for size in (1, 8, 4000, 4, 90, 8))
    expected = random.Random(3)
    pools = expected.randbytes(4096) + expected.randbytes(4096)
    assert drawn[:4009] == pools[:4009]
    assert len({drawn[i : i + 8] for i in range(len(drawn) - 8)}) == len(drawn) - 8
