"""Observations of ours (RFC 7641)."""

import pytest

from lwm2m_server.coap.errors import Gone, Refused
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import Options

from .solo import Solo, ack, empty, separate


def observed(solo: Solo, sequence: int = 1) -> Message:
    solo.observe()
    request = solo.only()
    solo.hear(ack(request, b"first", observe=sequence))
    return request


def told(solo: Solo) -> list[bytes]:
    return [bytes(message.payload) for message in solo.notified]


def test_it_begins_with_observe_0_and_a_token_of_8_bytes() -> None:
    solo = Solo()
    request = observed(solo)
    assert request.options.observe == 0
    assert len(request.token) == 8
    assert [message.payload for message in solo.outcomes] == [b"first"]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [Type.CON, Type.NON])
def test_notifications_are_told(kind: Type) -> None:
    solo = Solo()
    request = observed(solo)
    for number in (2, 3):
        said = solo.hear(separate(request, number, b"%d" % number, kind, observe=number))
        assert said == ([empty(Type.ACK, number)] if kind == Type.CON else [])
    assert told(solo) == [b"2", b"3"]
    assert len(solo.outcomes) == 1


def test_a_notification_that_comes_twice_is_told_once() -> None:
    solo = Solo()
    request = observed(solo)
    notification = separate(request, 9, b"2", observe=2)
    assert solo.hear(notification) == solo.hear(notification) == [empty(Type.ACK, 9)]
    assert told(solo) == [b"2"]


@pytest.mark.proves("nat-observation")
def test_it_is_known_by_its_token_from_any_address() -> None:
    solo = Solo()
    request = observed(solo)
    assert solo.hear(separate(request, 9, b"2", observe=2), "elsewhere") == [empty(Type.ACK, 9)]
    assert told(solo) == [b"2"]


def test_a_short_token_proves_nothing() -> None:
    solo = Solo()
    solo.observe(token=b"123")
    request = solo.only()
    solo.hear(ack(request, observe=1))
    assert solo.hear(separate(request, 9, observe=2), "elsewhere") == [empty(Type.RST, 9)]
    assert solo.hear(separate(request, 10, b"2", observe=2)) == [empty(Type.ACK, 10)]
    assert told(solo) == [b"2"]


@pytest.mark.parametrize(
    ("before", "now", "after", "fresh"),
    [
        (5, 6, 0, True),
        (6, 5, 0, False),
        (5, 5, 0, False),
        (0xFFFFFF, 0, 0, True),
        (0, 0xFFFFFF, 0, False),
        (0, (1 << 23) - 1, 0, True),
        (0, 1 << 23, 0, False),
        (0, (1 << 23) + 1, 0, False),
        ((1 << 23) + 1, 0, 0, True),
        (6, 5, 127, False),
        (6, 5, 129, True),
    ],
)
@pytest.mark.proves("observe-freshness")
def test_what_is_fresh(before: int, now: int, after: float, fresh: bool) -> None:
    """RFC 7641 §3.4; what is stale is acknowledged all the same."""
    solo = Solo()
    request = observed(solo, before)
    solo.wait(after)
    assert solo.hear(separate(request, 9, b"x", observe=now)) == [empty(Type.ACK, 9)]
    assert told(solo) == ([b"x"] if fresh else [])


def test_an_error_is_the_last() -> None:
    """RFC 7641 §3.2."""
    solo = Solo()
    request = observed(solo)
    gone = Message(Code.NOT_FOUND, type=Type.CON, id=9, token=request.token)
    assert solo.hear(gone) == [empty(Type.ACK, 9)]
    assert [message.code for message in solo.notified] == [Code.NOT_FOUND]
    assert solo.hear(separate(request, 10, observe=3)) == [empty(Type.RST, 10)]


def test_a_response_without_observe_is_the_last() -> None:
    solo = Solo()
    request = observed(solo)
    solo.hear(separate(request, 9, b"bye"))
    assert told(solo) == [b"bye"]
    assert solo.hear(separate(request, 10, observe=3)) == [empty(Type.RST, 10)]


def test_a_peer_that_does_not_observe_answers_once() -> None:
    solo = Solo()
    solo.observe()
    request = solo.only()
    solo.hear(ack(request))
    assert len(solo.outcomes) == 1
    assert solo.hear(separate(request, 10, observe=3)) == [empty(Type.RST, 10)]


def test_a_notification_that_overtakes_the_first_response_begins_it() -> None:
    solo = Solo()
    solo.observe()
    request = solo.only()
    solo.hear(separate(request, 9, b"2", observe=2))
    solo.hear(ack(request, b"1", observe=1))
    solo.hear(separate(request, 10, b"3", observe=3))
    assert [message.payload for message in solo.outcomes] == [b"2"]  # type: ignore[union-attr]
    assert told(solo) == [b"3"]
    assert solo.wait(60) == []


def test_the_next_notification_of_what_was_cancelled_is_reset() -> None:
    """RFC 7641 §3.6."""
    solo = Solo()
    observation = solo.observe()
    request = solo.only()
    solo.hear(ack(request, observe=1))
    solo.endpoint.cancel(observation, solo.now)
    assert solo.hear(separate(request, 9, observe=2)) == [empty(Type.RST, 9)]
    assert solo.hear(separate(request, 10, kind=Type.NON, observe=3)) == [empty(Type.RST, 10)]
    assert solo.notified == []


def test_a_notification_does_not_answer_the_request_to_end_it() -> None:
    """RFC 7641 §3.6: the same token, with Observe 1."""
    solo = Solo()
    observation = solo.observe()
    request = solo.only()
    solo.hear(ack(request, observe=1))
    solo.endpoint.cancel(observation, solo.now)
    solo.ask(Message(Code.GET, Options(observe=1)), token=request.token)
    ending = solo.only()
    assert solo.hear(separate(request, 9, b"x", observe=2)) == [empty(Type.RST, 9)]
    solo.hear(ack(ending, b"ended"))
    assert [message.payload for message in solo.outcomes[1:]] == [b"ended"]  # type: ignore[union-attr]


def test_it_outlives_timeouts_icmp_errors_and_idleness() -> None:
    solo = Solo()
    request = observed(solo)
    solo.ask()
    for _ in range(8):
        solo.endpoint.unreachable("A", "port unreachable", solo.now)
        solo.wait(10)
    solo.wait(10_000)
    solo.hear(separate(request, 9, b"2", observe=2))
    assert told(solo) == [b"2"]


def test_it_moves_with_its_peer_and_ends_with_it() -> None:
    solo = Solo()
    request = observed(solo)
    solo.endpoint.moved("A", "B")
    solo.endpoint.forget("A", "nobody there", solo.now)
    solo.hear(separate(request, 9, b"2", observe=2), "B")
    assert told(solo) == [b"2"]


def test_it_outlives_the_session_that_it_was_begun_over() -> None:
    solo = Solo()
    observation = solo.observe()
    request = solo.only()
    solo.hear(ack(request, b"first", observe=1))
    solo.ask()
    solo.said()
    solo.endpoint.forget("A", "the session is over", solo.now)
    solo.wait(1)
    assert [type(outcome) for outcome in solo.outcomes[1:]] == [Gone]
    solo.hear(separate(request, 9, b"2", observe=2), "B")
    assert told(solo) == [b"2"]
    solo.endpoint.moved("A", "B")
    solo.endpoint.cancel(observation, solo.now)
    assert solo.hear(separate(request, 10, observe=3), "B") == [empty(Type.RST, 10)]
    solo.wait(1000)
    assert solo.endpoint.held().peers == 0


def test_the_token_is_not_enough_from_who_is_not_alike() -> None:
    solo = Solo()
    solo.strangers.add("stranger")
    request = observed(solo)
    for number, kind in ((9, Type.CON), (10, Type.NON)):
        forged = separate(request, number, b"2", kind, observe=2)
        assert solo.hear(forged, "stranger") == [empty(Type.RST, number)]
    solo.hear(separate(request, 11, b"3", observe=3), "moved")
    assert told(solo) == [b"3"]


def test_one_more_than_the_limit_is_refused() -> None:
    solo = Solo(Limits(observations=2))
    for _ in range(2):
        observed(solo)
    solo.observe()
    solo.wait(0)
    assert isinstance(solo.outcomes[-1], Refused)


def test_one_goes_on_under_a_token_that_was_stored() -> None:
    solo = Solo()
    solo.observe(token=b"12345678")
    assert solo.only().token == b"12345678"
