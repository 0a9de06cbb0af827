"""Requests of peers: each is served once and answered (RFC 7252 §4, §5.2, §5.4; RFC 7967)."""

import sys

import pytest

from lwm2m_server.coap.block import Block
from lwm2m_server.coap.endpoint import Endpoint, Incoming
from lwm2m_server.coap.limits import Limits
from lwm2m_server.coap.message import Message, encode
from lwm2m_server.coap.numbers import Code, Type
from lwm2m_server.coap.options import Options
from lwm2m_server.coap.tuning import TUNING

from .solo import A, Solo, ack, empty, register

CREATED = Message(Code.CREATED, Options(location_path=("rd", "1")))


def get(number: int, *path: str, kind: Type = Type.CON, **options: object) -> Message:
    said = Options(uri_path=path, **options)  # type: ignore[arg-type]
    return Message(Code.GET, said, b"", kind, number, b"t")


def test_an_answer_travels_in_the_ack() -> None:
    """§5.2.1."""
    solo = Solo()
    solo.answer = CREATED
    (answer,) = solo.hear(register(7))
    assert answer == Message(CREATED.code, CREATED.options, b"", Type.ACK, 7, b"t")
    assert solo.wait(300) == []


def test_a_duplicate_is_answered_and_not_served() -> None:
    """§4.5."""
    solo = Solo()
    solo.answer = CREATED
    first = solo.hear(register(7))
    assert solo.hear(register(7)) == first
    assert len(solo.asked) == 1


def test_another_peer_is_no_duplicate() -> None:
    solo = Solo()
    solo.answer = CREATED
    solo.hear(register(7), "A")
    solo.hear(register(7), "B")
    assert len(solo.asked) == 2


def test_a_message_id_with_another_content_is_no_duplicate() -> None:
    """A client that started anew counts from 1 again."""
    solo = Solo()
    solo.answer = CREATED
    solo.hear(register(1, b"old"))
    (answer,) = solo.hear(register(1, b"new"))
    assert answer.token == b"new"
    assert len(solo.asked) == 2


def test_a_device_that_reboots_and_says_the_same_is_heard() -> None:
    """Port, message id, token and bytes are those of before; what they created is gone."""
    solo = Solo()
    solo.answer = CREATED
    solo.hear(register(1))
    solo.stands = False
    solo.answer = Message(Code.CREATED, Options(location_path=("rd", "2")))
    (answer,) = solo.hear(register(1))
    assert answer.options.location_path == ("rd", "2")
    solo.stands = True
    assert solo.hear(register(1)) == [answer]
    assert len(solo.asked) == 2


@pytest.mark.parametrize("code", [Code.CHANGED, Code.BAD_REQUEST])
def test_what_has_created_nothing_is_answered_from_memory(code: Code) -> None:
    solo = Solo()
    solo.stands = False
    solo.answer = Message(code)
    assert solo.hear(register(1)) == solo.hear(register(1))
    assert len(solo.asked) == 1


class Colliding(bytes):
    """Bytes whose hash is that of all others."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


@pytest.mark.parametrize(("number", "token"), [(2, b"t"), (1, b"u"), (1, b"longer")])
def test_no_message_gets_the_answer_to_another_though_their_hashes_are_one(
    number: int, token: bytes
) -> None:
    solo = Solo()
    solo.answer = CREATED
    for _ in range(2):
        for message in (register(1, b"t"), register(number, token)):
            (answer,) = solo.hear(Colliding(encode(message)))
            assert (answer.id, answer.token) == (message.id, message.token)


def test_hashes_of_messages_are_long_and_keyed() -> None:
    """What `dedup.Replies` rests on."""
    assert sys.hash_info.width == 64
    assert sys.hash_info.algorithm.startswith("siphash")
    assert sys.hash_info.cutoff == 0, "short messages are hashed by the same"


def test_after_its_lifetime_a_message_is_new() -> None:
    solo = Solo()
    solo.answer = CREATED
    solo.hear(register(7))
    solo.wait(TUNING.exchange_lifetime - 1)
    solo.hear(register(7))
    assert len(solo.asked) == 1
    solo.wait(2 * TUNING.exchange_lifetime)
    solo.hear(register(7))
    assert len(solo.asked) == 2


def test_the_oldest_answers_are_forgotten_first() -> None:
    solo = Solo(Limits(remembered=80))
    solo.answer = CREATED
    for number in range(200):
        solo.hear(register(number))
    solo.hear(register(199))
    assert len(solo.asked) == 200
    solo.hear(register(0))
    assert len(solo.asked) == 201


def test_a_duplicate_of_what_is_being_served_is_ignored() -> None:
    solo = Solo()
    assert solo.hear(register(7)) == []
    assert solo.hear(register(7)) == []
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert solo.only().id == 7
    assert len(solo.asked) == 1


def test_a_long_answer_is_separate() -> None:
    """§5.2.2."""
    solo = Solo()
    solo.hear(register(7))
    ((after, acknowledgement),) = solo.wait(1)
    assert after == pytest.approx(TUNING.separate_after, abs=0.02)
    assert acknowledgement == empty(Type.ACK, 7)
    assert solo.hear(register(7)) == [empty(Type.ACK, 7)]
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    answer = solo.only()
    assert (answer.type, answer.token, answer.code) == (Type.CON, b"t", Code.CREATED)
    assert [message for _, message in solo.wait(4)] == [answer]  # until it is acknowledged
    solo.hear(empty(Type.ACK, answer.id))
    assert solo.wait(300) == []
    assert len(solo.asked) == 1


def test_a_separate_answer_that_is_rejected_ends() -> None:
    solo = Solo()
    solo.hear(register(7))
    solo.wait(1)
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    solo.hear(empty(Type.RST, solo.only().id))
    assert solo.wait(300) == []


def test_a_separate_answer_does_not_wait_for_our_requests() -> None:
    solo = Solo()
    solo.hear(register(7))
    solo.wait(1)
    solo.ask()
    solo.said()
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert solo.only().code == Code.CREATED


def test_answers_are_given_once() -> None:
    solo = Solo()
    solo.hear(register(7))
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert len(solo.said()) == 1


def test_a_non_confirmable_request_gets_a_non_confirmable_answer() -> None:
    """§5.2.3."""
    solo = Solo()
    solo.answer = Message(Code.CONTENT, payload=b"1")
    asked = get(7, "3", kind=Type.NON)
    (answer,) = solo.hear(asked)
    assert (answer.type, answer.token, answer.payload) == (Type.NON, b"t", b"1")
    assert solo.hear(asked) == []
    assert len(solo.asked) == 1


def test_a_non_confirmable_request_is_never_acknowledged() -> None:
    solo = Solo()
    solo.hear(get(7, "3", kind=Type.NON))
    assert solo.wait(10) == []
    solo.endpoint.respond(solo.asked[0], Message(Code.CONTENT), solo.now)
    assert solo.only().type == Type.NON


def test_a_large_answer_to_what_is_safe_is_made_anew() -> None:
    """§4.5 allows it; a thousand blocks of firmware are not kept for four minutes."""
    solo = Solo()
    solo.answer = Message(Code.CONTENT, payload=bytes(600))
    solo.endpoint.request(A, Message(Code.GET), solo.outcomes.append, solo.now)
    solo.hear(ack(solo.only()))  # proves the address
    first = solo.hear(get(7, "p"))
    assert solo.hear(get(7, "p")) == first
    assert len(solo.asked) == 2


@pytest.mark.parametrize(
    ("wanted", "code", "kind"),
    [
        (2, Code.CONTENT, Type.ACK),
        (26, Code.NOT_FOUND, Type.ACK),
        (16, Code.INTERNAL_SERVER_ERROR, Type.ACK),
        (2, Code.CONTENT, Type.NON),
    ],
)
def test_no_response_is_honoured(wanted: int, code: Code, kind: Type) -> None:
    """RFC 7967 §2: a CON gets an empty ACK, a NON nothing."""
    solo = Solo()
    solo.answer = Message(code)
    confirmable = kind == Type.ACK
    asked = get(7, "3", kind=Type.CON if confirmable else Type.NON, no_response=wanted)
    for _ in range(2):
        assert solo.hear(asked) == ([empty(Type.ACK, 7)] if confirmable else [])
    assert len(solo.asked) == 1


def test_no_response_to_success_still_tells_of_errors() -> None:
    solo = Solo()
    solo.answer = Message(Code.NOT_FOUND)
    (answer,) = solo.hear(get(7, "3", no_response=2))
    assert answer.code == Code.NOT_FOUND


def test_one_more_than_may_be_pending_is_sent_away() -> None:
    solo = Solo(Limits(pending=2))
    solo.hear(register(1))
    solo.hear(register(2))
    (answer,) = solo.hear(register(3))
    assert (answer.code, answer.options.max_age) == (Code.SERVICE_UNAVAILABLE, 1)
    assert solo.hear(register(4), "B") == []
    assert len(solo.asked) == 3
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert [answer.id for answer in solo.said()] == [1]
    solo.hear(register(5))
    assert len(solo.asked) == 4


def test_a_peer_that_acknowledges_nothing_has_few_separate_answers_sent_again() -> None:
    solo = Solo(Limits(pending=3))
    first = []
    for number in range(0, 12, 3):
        for following in range(3):
            solo.hear(register(number + following))
        solo.wait(0.6)
        for incoming in solo.asked[-3:]:
            solo.endpoint.respond(incoming, CREATED, solo.now)
        first += solo.said()
    again = {message.id for _, message in solo.wait(300)}
    assert len(first) == 12
    assert again == {message.id for message in first[:3]}
    solo.wait(300)
    assert not any(solo.endpoint.held())


def test_a_handler_that_raises_leaves_a_request_that_waits() -> None:
    solo = Solo()

    def served(incoming: Incoming) -> None:
        solo.asked.append(incoming)
        raise RuntimeError("a fault")

    solo.endpoint = Endpoint(served, bytes)
    with pytest.raises(RuntimeError):
        solo.hear(register(7))
    assert solo.hear(register(7)) == []
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert solo.only().code == Code.CREATED


def test_a_response_that_no_message_holds_can_be_mended() -> None:
    solo = Solo()
    solo.hear(register(7))
    with pytest.raises(ValueError, match="location_path"):
        solo.endpoint.respond(
            solo.asked[0], Message(Code.CREATED, Options(location_path=("x" * 300,))), solo.now
        )
    solo.endpoint.respond(solo.asked[0], CREATED, solo.now)
    assert solo.only().code == Code.CREATED


def test_a_ping_is_answered_with_a_reset() -> None:
    """§4.3."""
    assert Solo().hear(empty(Type.CON, 9)) == [empty(Type.RST, 9)]


@pytest.mark.parametrize(
    ("datagram", "said"),
    [
        (
            "44017d34 01020304 d000",
            "64827d34 01020304",
        ),  # option 13, of nobody: 4.02 with its token
        ("40017d34 d1166b", "60a57d34"),  # Proxy-Uri: 5.05
        ("40017d34 f0", "70007d34"),  # a format error: §4.2
        ("49017d34 010203040506070809", "70007d34"),
        ("40207d34", "70007d34"),  # a reserved class
        ("40457d34 d000", "70007d34"),  # a response with what is not understood: §5.4.1
        ("40457d34", "70007d34"),  # a response to nothing
        ("50457d34 60", "70007d34"),  # a NON notification of nothing: RFC 7641 §3.6
        ("50457d34", ""),
        ("50017d34 d000", ""),  # a NON is rejected in silence
        ("60457d34", ""),
        ("60007d34", ""),
        ("70007d34", ""),
        ("50007d34", ""),
        ("80017d34", ""),  # version 2: §3
        ("4001", ""),
        ("", ""),
    ],
)
def test_what_is_not_served_is_answered_reset_or_ignored(datagram: str, said: str) -> None:
    solo = Solo()
    solo.hear(bytes.fromhex(datagram))
    assert solo.asked == []
    answers = [encode(message) for message in solo.said()] or [b""]
    solo.endpoint.receive(A, bytes.fromhex(datagram), solo.now)
    answers = [sent for _, sent in solo.endpoint.outbox] or [b""]
    assert answers == [bytes.fromhex(said)]


def test_a_body_in_blocks_is_served_once_and_confirmed() -> None:
    """RFC 7959 §2.5."""
    solo = Solo()
    solo.answer = Message(Code.CHANGED)
    said = Options(uri_path=("dp",), block1=Block(0, more=True, exponent=0))
    (first,) = solo.hear(Message(Code.POST, said, bytes(16), id=1))
    assert (first.code, first.options.block1) == (Code.CONTINUE, said.block1)
    assert solo.asked == []
    last = Block(1, more=False, exponent=0)
    (answer,) = solo.hear(Message(Code.POST, said.but(block1=last), b"end", id=2))
    assert (answer.code, answer.options.block1) == (Code.CHANGED, last)
    assert [bytes(incoming.message.payload) for incoming in solo.asked] == [bytes(16) + b"end"]
    solo.wait(1000)
    assert solo.endpoint.next_due() is None


def test_an_address_that_is_only_claimed_gets_three_times_its_bytes() -> None:
    """RFC 9175 §2.4; an answer to what was sent there is proof."""
    solo = Solo()
    solo.answer = Message(Code.CONTENT, payload=bytes(1000))
    asked = get(1, "p", "token")
    solo.endpoint.receive(A, encode(asked), solo.now)
    ((_, datagram),) = solo.endpoint.outbox
    assert len(datagram) <= 3 * len(encode(asked))
    solo.said()
    solo.ask()
    request = solo.only()
    solo.hear(empty(Type.ACK, request.id))  # no proof: 16 bits can be guessed
    solo.hear(get(2, "p", "token"))
    assert not solo.endpoint.proven(A)
    solo.ask()
    solo.hear(ack(solo.only()))
    (answer,) = solo.hear(get(3, "p", "token"))
    assert len(answer.payload) == 1000
    solo.endpoint.forget(A, "registered anew", solo.now)
    solo.hear(get(4, "p", "token"))
    assert not solo.endpoint.proven(A)


def test_no_more_addresses_are_known_to_be_proven_than_there_may_be_peers() -> None:
    solo = Solo(Limits(peers=32))
    remotes = [f"peer {number}" for number in range(40)]
    for remote in remotes:
        solo.ask(remote=remote)
        solo.hear(ack(solo.only()), remote)
        solo.now += 1
    proven = [solo.endpoint.proven(remote) for remote in remotes]
    assert not proven[0]
    assert proven[-1]
    assert 16 < sum(proven) <= 32


def test_a_peer_that_only_asks_costs_its_answer_alone() -> None:
    solo = Solo()
    solo.answer = CREATED
    for number in range(100):
        solo.hear(register(number), f"peer {number}")
    assert solo.endpoint.held() == (0, 0, 100, 0, 0)
    solo.wait(340)
    assert not any(solo.endpoint.held())
