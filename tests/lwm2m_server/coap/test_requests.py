"""Requests of ours: each ends exactly once (RFC 7252 §4.2, §5.2, §5.3)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.errors import Failure, Gone, Refused, Reset, TimedOut
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import Options
from lwm2m_server.coap.tuning import TUNING, Tuning

from .solo import A, Solo, ack, empty, separate


def failures(solo: Solo) -> list[type[Failure]]:
    return [type(outcome) for outcome in solo.outcomes if isinstance(outcome, Failure)]


def payloads(solo: Solo) -> list[bytes]:
    return [bytes(outcome.payload) for outcome in solo.outcomes if isinstance(outcome, Message)]


def test_a_piggybacked_response_ends_it() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    assert (request.type, request.code, request.options.uri_path) == (Type.CON, 1, ("3", "0"))
    assert len(request.token) >= 4
    assert solo.hear(ack(request)) == []
    assert payloads(solo) == [b"ok"]
    assert solo.wait(300) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda request: Message(69, payload=b"x", type=Type.ACK, id=request.id, token=b"other"),
        lambda request: Message(
            69, payload=b"x", type=Type.ACK, id=request.id ^ 1, token=request.token
        ),
    ],
    ids=["token", "message id"],
)
def test_an_ack_has_to_match_message_id_and_token(wrong: object) -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    assert solo.hear(wrong(request)) == []  # type: ignore[operator]
    assert solo.outcomes == []
    assert solo.wait(4)[0][1] == request  # it is sent again all the same
    solo.hear(ack(request))
    assert payloads(solo) == [b"ok"]


def test_an_ack_from_elsewhere_is_none() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    solo.hear(ack(request), "B")
    assert solo.outcomes == []


def test_a_separate_response_from_elsewhere_is_none() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    assert solo.hear(separate(request, 5), "B") == [empty(Type.RST, 5)]
    assert solo.outcomes == []


def test_what_is_not_sent_yet_is_not_answered() -> None:
    """A late separate response to an earlier block, which had the same token."""
    solo = Solo()
    earlier = solo.ask(token=b"12345678")
    request = solo.only()
    solo.endpoint.cancel(earlier, solo.now)
    solo.ask()
    solo.said()
    solo.ask(token=b"12345678")
    assert solo.hear(separate(request, 5)) == [empty(Type.RST, 5)]
    assert solo.outcomes == []


def test_an_ack_of_an_earlier_block_with_the_same_token_answers_nothing() -> None:
    solo = Solo()
    solo.ask(token=b"12345678")
    first = solo.only()
    solo.hear(ack(first, b"1"))
    solo.ask(token=b"12345678")
    second = solo.only()
    solo.hear(ack(first, b"1"))
    assert payloads(solo) == [b"1"]
    solo.hear(ack(second, b"2"))
    assert payloads(solo) == [b"1", b"2"]


def test_a_separate_response_is_acknowledged() -> None:
    """§5.2.2."""
    solo = Solo()
    solo.ask()
    request = solo.only()
    assert solo.hear(empty(Type.ACK, request.id)) == []
    assert solo.wait(60) == []
    assert solo.hear(separate(request, 77)) == [empty(Type.ACK, 77)]
    assert solo.hear(separate(request, 77)) == [empty(Type.ACK, 77)]  # our ACK was lost
    assert payloads(solo) == [b"ok"]


def test_a_response_before_its_ack_is_enough() -> None:
    """§5.2.2, an ACK that was lost or overtaken."""
    solo = Solo()
    solo.ask()
    request = solo.only()
    assert solo.hear(separate(request, 77)) == [empty(Type.ACK, 77)]
    assert solo.hear(empty(Type.ACK, request.id)) == []
    assert payloads(solo) == [b"ok"]
    assert solo.wait(300) == []


def test_a_response_may_be_non_confirmable() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    solo.hear(empty(Type.ACK, request.id))
    assert solo.hear(separate(request, 5, kind=Type.NON)) == []
    assert payloads(solo) == [b"ok"]


def test_silence_after_an_empty_ack_ends() -> None:
    solo = Solo()
    solo.ask()
    solo.hear(empty(Type.ACK, solo.only().id))
    solo.wait(TUNING.response_timeout + 1)
    assert failures(solo) == [TimedOut]


def test_a_reset_ends_it() -> None:
    solo = Solo()
    solo.ask()
    solo.hear(empty(Type.RST, solo.only().id))
    assert failures(solo) == [Reset]
    assert solo.wait(300) == []


def test_retransmissions_are_as_the_standard_says() -> None:
    """§4.2: at most four, exponentially later, and MAX_TRANSMIT_WAIT at most."""
    solo = Solo()
    solo.ask()
    request = solo.only()
    again = solo.wait(300)
    assert [message for _, message in again] == [request] * 4
    times = [0.0, *(at for at, _ in again)]
    waits = [later - at for at, later in itertools.pairwise(times)]
    assert TUNING.ack_timeout <= waits[0] <= 3.1
    for wait, longer in itertools.pairwise(waits):
        assert longer == pytest.approx(2 * wait, abs=0.1)
    assert failures(solo) == [TimedOut]


SEVENTEEN = Message(Code.GET, Options(uri_path=("123456", "0")))


@pytest.mark.parametrize(("room", "times"), [(17, 1), (33, 1), (34, 2), (67, 3), (999, 5)])
def test_an_address_that_may_be_forged_gets_so_many_bytes(room: int, times: int) -> None:
    solo = Solo()
    solo.endpoint.grant(A, room, 1.0, 1.0)
    solo.ask(SEVENTEEN)
    sent = [solo.only(), *(message for _, message in solo.wait(60))]
    assert len(encode(sent[0])) == 17
    assert (len(sent), solo.outcomes) == (times, []), "an answer may come yet"
    solo.wait(40)
    assert failures(solo) == [TimedOut]


@given(st.lists(st.sampled_from(["ask", "observe", "prove", "same", "wait"]), max_size=12))
def test_whatever_is_asked_of_it(steps: list[str]) -> None:
    """What was heard once grants no more than once; an answer may come at any time."""
    solo = Solo()
    solo.endpoint.grant(A, 100, 1.0, 1.0)
    sent: list[Message] = []
    for step in steps:
        if step == "ask":
            solo.ask(SEVENTEEN)
        elif step == "observe":
            solo.observe()
        elif step == "prove":
            solo.endpoint.prove(A, SEVENTEEN, solo.now)
        elif step == "same":
            solo.endpoint.grant(A, 100, 1.0, 1.0)
        else:
            sent += [message for _, message in solo.wait(130)]
        sent += solo.said()
    assert sum(len(encode(message)) for message in sent) <= 100
    solo.wait(600)
    assert set(failures(solo)) <= {TimedOut, Refused}


def test_an_answer_ends_the_bound_until_the_address_is_named_anew() -> None:
    solo = Solo()
    solo.endpoint.grant(A, 17, 1.0, 1.0)
    solo.ask(SEVENTEEN)
    solo.hear(ack(solo.only()))
    solo.endpoint.grant(A, 17, 1.0, 2.0)
    assert solo.endpoint.credit(A) is None, "it was heard of again, no more"
    solo.endpoint.grant(A, 17, 3.0, 3.0)
    assert (solo.endpoint.credit(A), solo.endpoint.proven(A)) == (17, False)


def test_what_waits_goes_on_once_the_address_is_proven() -> None:
    solo = Solo()
    solo.endpoint.grant(A, 34, 1.0, 1.0)
    solo.ask(SEVENTEEN)
    for _ in range(3):
        solo.ask(SEVENTEEN)
    heard = 0
    while said := solo.said():
        heard += len(said)
        solo.hear(ack(said[0]))
    assert heard == 1, "the rest went out with the answer"


def test_what_is_too_large_is_not_sent() -> None:
    solo = Solo()
    solo.endpoint.grant(A, 16, 1.0, 1.0)
    solo.ask(SEVENTEEN)
    solo.ask(SEVENTEEN)
    assert solo.said() == []
    solo.wait(1)
    assert failures(solo) == [Refused, Refused]


def test_a_separate_answer_gets_three_times_what_asked_for_it() -> None:
    """An address that was forged does not acknowledge it."""
    solo = Solo()
    solo.hear(Message(Code.POST, Options(uri_path=("rd",)), b"", Type.CON, 1, b"t"))
    acknowledged = [message for _, message in solo.wait(2)]
    solo.endpoint.respond(solo.asked[0], Message(Code.CHANGED), solo.now)
    answers = [*solo.said(), *(message for _, message in solo.wait(300))]
    assert len(acknowledged) == 1
    assert len(answers) >= 1
    assert sum(len(encode(one)) for one in answers) <= 3 * solo.asked[0].size


def test_first_waits_are_spread() -> None:
    """§4.2: between ACK_TIMEOUT and ACK_TIMEOUT times ACK_RANDOM_FACTOR."""
    waits = []
    for seed in range(40):
        solo = Solo(seed=seed)
        solo.ask()
        solo.said()
        waits.append(solo.wait(4)[0][0])
    assert 2.0 <= min(waits) < 2.2
    assert 2.8 < max(waits) <= 3.02


def test_a_timeout_fails_one_exchange_and_nothing_else() -> None:
    solo = Solo()
    solo.observe()
    observing = solo.only()
    solo.hear(ack(observing, observe=1))
    solo.ask()
    solo.wait(300)
    assert failures(solo) == [TimedOut]
    assert solo.hear(separate(observing, 9, b"later", observe=2)) == [empty(Type.ACK, 9)]
    assert [bytes(message.payload) for message in solo.notified] == [b"later"]


def test_nstart_is_kept() -> None:
    """§4.7."""
    solo = Solo(tuning=Tuning(nstart=2))
    for _ in range(4):
        solo.ask()
    first, second = solo.said()
    (third,) = solo.hear(ack(second))
    (fourth,) = solo.hear(empty(Type.ACK, third.id))  # what is acknowledged does not count
    for request in (first, fourth):
        solo.hear(ack(request))
    solo.hear(separate(third, 1))
    assert len(payloads(solo)) == 4


def test_what_is_cancelled_is_never_sent() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    waiting = solo.ask()
    solo.endpoint.cancel(waiting, solo.now)
    solo.hear(ack(request))
    assert solo.wait(300) == []
    assert payloads(solo) == [b"ok"]


def test_what_is_cancelled_makes_room_and_is_not_answered() -> None:
    solo = Solo()
    exchange = solo.ask()
    request = solo.only()
    solo.ask()
    solo.endpoint.cancel(exchange, solo.now)
    solo.endpoint.cancel(exchange, solo.now)
    following = solo.only()
    assert solo.hear(separate(request, 3)) == [empty(Type.RST, 3)]
    solo.hear(ack(following))
    assert payloads(solo) == [b"ok"]


def test_a_message_on_a_path_of_half_a_minute_is_sent_again() -> None:
    """A measured RTO of 32 s, drawn out by ACK_RANDOM_FACTOR, is beyond MAX_TRANSMIT_SPAN."""
    firsts = []
    for seed in range(8):
        solo = Solo(seed=seed)
        for answered_after in [*range(6, 36), *[36] * 20]:  # slower and slower
            solo.ask()
            request = solo.only()
            solo.wait(answered_after)
            solo.hear(ack(request))
        solo.ask()
        solo.said()
        again = [after for after, _ in solo.wait(100)]
        assert len(again) == 1
        assert failures(solo) == [TimedOut]
        firsts += again
    assert max(firsts) == pytest.approx(TUNING.max_transmit_span, abs=0.1)


def test_what_was_due_during_a_long_pause_is_sent_once() -> None:
    """Not all at once what would have been sent meanwhile, nor any of it twice in a row."""
    solo = Solo()
    for remote in "ABC":
        solo.ask(remote=remote)
    solo.said()
    solo.now += 30
    solo.endpoint.tick(solo.now)
    assert sorted(remote for remote, _ in solo.said_to()) == ["A", "B", "C"]
    due = solo.endpoint.next_due()
    assert due is not None
    assert due > solo.now + TUNING.ack_timeout


def test_one_more_than_may_wait_is_refused() -> None:
    solo = Solo(Limits(waiting=2))
    for _ in range(4):
        solo.ask()
    assert solo.outcomes == []  # never from within the call itself
    solo.wait(0)
    assert failures(solo) == [Refused]


def test_one_more_peer_is_refused_while_none_is_idle() -> None:
    solo = Solo(Limits(peers=2))
    solo.ask(remote="A")
    request = solo.only()
    solo.ask(remote="B")
    solo.ask(remote="C")
    solo.wait(0.5)
    assert failures(solo) == [Refused]
    solo.hear(ack(request), "A")
    solo.wait(0.5)
    solo.said()
    solo.ask(remote="D")
    assert [remote for remote, _ in solo.said_to()] == ["D"]


def test_a_peer_that_is_busy_again_is_not_forgotten_for_another() -> None:
    solo = Solo(Limits(peers=1))
    solo.ask()
    solo.hear(ack(solo.only()))
    solo.ask()
    request = solo.only()
    solo.now += 1
    solo.ask(remote="B")
    solo.wait(0)
    assert failures(solo) == [Refused]
    solo.hear(ack(request))
    assert len(payloads(solo)) == 2


def test_a_token_in_use_is_refused() -> None:
    solo = Solo()
    solo.ask(token=b"12345678")
    solo.ask(token=b"12345678", remote="B")
    solo.wait(0)
    assert failures(solo) == [Refused]


def test_a_non_confirmable_request_is_sent_once() -> None:
    solo = Solo()
    solo.ask(Message(Code.GET, type=Type.NON))
    request = solo.only()
    assert request.type == Type.NON
    assert solo.wait(TUNING.response_timeout + 1) == []
    assert failures(solo) == [TimedOut]


def test_a_non_confirmable_request_is_answered() -> None:
    solo = Solo()
    solo.ask(Message(Code.GET, type=Type.NON))
    solo.hear(separate(solo.only(), 4, kind=Type.NON))
    assert payloads(solo) == [b"ok"]


def test_one_icmp_error_is_a_hint_and_two_are_an_answer() -> None:
    """A device that starts anew refuses for a moment; whoever is away refuses again."""
    solo = Solo()
    solo.ask()
    solo.endpoint.unreachable(A, "port unreachable", solo.now)
    solo.endpoint.unreachable(A, "port unreachable", solo.now)
    solo.wait(1)
    assert solo.outcomes == []
    solo.wait(3)  # the first retransmission
    solo.endpoint.unreachable(A, "port unreachable", solo.now)
    solo.wait(0)
    assert failures(solo) == [Gone]


@pytest.mark.parametrize("known", [False, True])
def test_an_icmp_error_about_an_address_says_nothing_about_the_next(known: bool) -> None:
    solo = Solo()
    if known:
        solo.ask(remote="B")
        solo.hear(ack(solo.only()), "B")
    solo.ask()
    solo.endpoint.unreachable(A, "port unreachable", solo.now)
    solo.endpoint.moved(A, "B")
    solo.wait(4)  # sent again, there
    solo.endpoint.unreachable("B", "port unreachable", solo.now)
    solo.wait(0)
    assert failures(solo) == []


def test_icmp_errors_say_nothing_about_what_was_acknowledged() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    solo.hear(empty(Type.ACK, request.id))
    for _ in range(5):
        solo.endpoint.unreachable(A, "port unreachable", solo.now)
        solo.wait(5)
    solo.hear(separate(request, 3))
    assert payloads(solo) == [b"ok"]


def test_forgetting_a_peer_fails_what_is_open() -> None:
    solo = Solo()
    for _ in range(3):
        solo.ask()
    solo.observe()
    solo.endpoint.forget(A, "registered anew", solo.now)
    solo.said()
    assert solo.wait(300) == []
    assert failures(solo) == [Gone] * 4


def test_a_peer_that_moved_goes_on() -> None:
    solo = Solo()
    solo.ask()
    request = solo.only()
    solo.ask()
    solo.endpoint.moved(A, "B")
    (_, again) = solo.wait(4)[0]
    assert again == request
    solo.hear(ack(request), "B")
    assert [remote for remote, _ in solo.said_to()] == []
    assert payloads(solo) == [b"ok"]


def test_a_peer_that_moved_to_a_known_address_goes_on() -> None:
    solo = Solo()
    solo.ask(remote="B")
    other = solo.only()
    solo.ask()
    solo.said()
    solo.endpoint.moved(A, "B")
    (request,) = solo.hear(ack(other), "B")
    solo.hear(ack(request), "B")
    assert payloads(solo) == [b"ok", b"ok"]


def test_a_callback_may_ask_again() -> None:
    solo = Solo()
    answers: list[object] = []

    def again(outcome: object) -> None:
        answers.append(outcome)
        if len(answers) < 3:
            solo.endpoint.request(A, Message(Code.GET), again, solo.endpoint.now)

    solo.endpoint.request(A, Message(Code.GET), again, solo.now)
    solo.endpoint.receive(A, encode(ack(solo.only())), solo.now)
    solo.endpoint.receive(A, encode(ack(solo.only())), solo.now)
    solo.endpoint.receive(A, encode(ack(solo.only())), solo.now)
    assert len(answers) == 3
    assert solo.said() == []


def test_a_callback_that_raises_loses_nothing() -> None:
    """The driver guards; the endpoint has done its part before."""
    solo = Solo()

    def fails(_: object) -> None:
        raise RuntimeError("a fault")

    solo.endpoint.request(A, Message(Code.GET), fails, solo.now)
    request = solo.only()
    solo.ask()
    with pytest.raises(RuntimeError):
        solo.hear(separate(request, 5))
    acknowledgement, following = solo.said()
    assert acknowledgement == empty(Type.ACK, 5)
    assert solo.hear(separate(request, 5)) == [empty(Type.ACK, 5)]
    solo.hear(ack(following))
    assert payloads(solo) == [b"ok"]
    solo.wait(400)
    assert not any(solo.endpoint.held())


def test_call_at() -> None:
    solo = Solo()
    called: list[float] = []
    solo.endpoint.call_at(solo.now + 5, lambda: called.append(solo.now))
    cancel = solo.endpoint.call_at(solo.now + 6, lambda: called.append(solo.now))
    cancel()
    solo.wait(10)
    assert called == [pytest.approx(1005, abs=0.02)]


def test_bad_requests_are_refused_to_whoever_makes_them() -> None:
    solo = Solo()
    with pytest.raises(ValueError, match="uri_path"):
        solo.ask(Message(Code.GET, Options(uri_path=("x" * 300,))))
