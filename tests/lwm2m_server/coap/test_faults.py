"""What a fleet cannot live with in a message layer, each fault once.

Every scenario runs on aiocoap's own layers too, and must fail there: so it is known
to bite. Clauses are of RFC 7252 unless another is named.
"""

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from .datagrams import (
    ACK,
    BAD_OPTION,
    BLOCK1,
    CHANGED,
    CON,
    CONTENT,
    CONTINUE,
    GET,
    POST,
    PUT,
    RST,
    TOO_LARGE,
    Peer,
    block,
    datagram,
    path,
)
from .layers.layer import Layer, answer, notify, only
from .layers.of_aiocoap import AiocoapLayer
from .layers.ours import OurLayer

DEVICE, OTHER, REBOUND = Peer(40001), Peer(40002), Peer(40003)
GIVING_UP = 100.0  # seconds, above MAX_TRANSMIT_WAIT (§4.8.2)
LIFETIME = 247.0  # EXCHANGE_LIFETIME, §4.8.2

Make = Callable[..., Layer]

OURS = OurLayer


@pytest.fixture(
    params=[
        OurLayer,
        pytest.param(AiocoapLayer, marks=pytest.mark.xfail(strict=True, raises=AssertionError)),
    ],
    ids=["ours", "aiocoap"],
)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Layer] = []

    def make(**options: Any) -> Layer:
        made.append(request.param(**options))
        return made[-1]

    yield make
    for layer in made:
        layer.close()


@pytest.fixture
def layer(make: Make) -> Layer:
    return make()


def observed(layer: Layer, peer: Peer = DEVICE) -> tuple[Any, Any]:
    """Return an observation that the device has accepted, and the request that began it."""
    call = layer.observe(peer, "temperature")
    request = only(layer.sent())
    answer(layer, request, CONTENT, b"1", observe=1)
    given(call.bodies == [b"1"])
    return call, request


def given(condition: object) -> None:
    """Raise, where a scenario does not even begin, what no expected failure excuses."""
    if not condition:
        raise RuntimeError("the scenario could not begin")


def into(bodies: list[bytes]) -> Callable[[bytes], bytes]:
    """Return a resource that keeps every body it is asked with."""

    def answer(body: bytes) -> bytes:
        bodies.append(body)
        return b""

    return answer


def steps(act: Callable[[], None]) -> int:
    """Return how many lines of Python `act` runs: work that no machine's mood changes."""
    count = 0

    def count_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return count_line

    before = sys.gettrace()
    sys.settrace(count_line)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


# --- 1: one time-out kills every observation of the device -----------------------------------


def test_a_timeout_fails_its_exchange_and_no_observation(layer: Layer) -> None:
    observation, request = observed(layer)
    lost = layer.get(DEVICE, "lost")
    layer.advance(GIVING_UP)
    given(lost.failure is not None)
    layer.sent()
    notify(layer, DEVICE, request, 7, 2, type_=CON)
    assert only(layer.sent())[1:4] == (ACK, 0, 7)
    assert observation.bodies == [b"1", b"2"]


def test_an_icmp_error_ends_no_observation(layer: Layer) -> None:
    observation, request = observed(layer)
    layer.unreachable(DEVICE)
    notify(layer, DEVICE, request, 7, 2, type_=CON)
    assert only(layer.sent())[1:4] == (ACK, 0, 7)
    assert observation.bodies == [b"1", b"2"]


# --- 2: an acknowledgement costs what all other devices leave unanswered ---------------------


def test_an_answer_costs_the_same_whoever_else_is_silent(make: Make) -> None:
    def cost(silent: int) -> int:
        layer = make()
        for number in range(silent):
            layer.get(Peer(50000 + number), "silent")
        layer.sent()
        call = layer.get(DEVICE, "there")
        request = only(layer.sent())
        spent = steps(lambda: answer(layer, request, CONTENT, b"x"))
        given(call.bodies == [b"x"])
        return spent

    assert cost(400) < 1.5 * cost(4)


# --- 3: message ids repeat within their lifetime, and exchanges hang --------------------------


def test_no_message_id_comes_again_within_its_lifetime(layer: Layer) -> None:
    first = layer.get(DEVICE, "a")
    request = only(layer.sent())
    answer(layer, request, CONTENT, b"a")
    given(first.bodies == [b"a"])
    layer.talk_to_others(0xFFFF)
    layer.advance(LIFETIME - 60)
    layer.sent()
    layer.get(DEVICE, "b")
    assert only(layer.sent()).id != request.id, "§4.4"


def test_a_stale_answer_under_the_same_message_id_hangs_nothing(layer: Layer) -> None:
    call = layer.get(DEVICE, "a")
    request = only(layer.sent())
    layer.receive(DEVICE, datagram(ACK, CONTENT, request.id, b"stale", payload=b"of before"))
    layer.advance(10)
    for again in layer.sent():
        assert (again.id, again.token) == (request.id, request.token)
        answer(layer, again, CONTENT, b"right")
    assert call.bodies == [b"right"]


def test_an_empty_ack_that_nothing_follows_ends(layer: Layer) -> None:
    call = layer.get(DEVICE, "a")
    layer.receive(DEVICE, datagram(ACK, 0, only(layer.sent()).id))
    layer.advance(24 * 3600)
    assert call.failure is not None


# --- 4: NSTART cannot be set, and what was cancelled goes out ---------------------------------


def test_so_many_exchanges_run_as_nstart_says(make: Make) -> None:
    layer = make(nstart=2)
    for name in "abcd":
        layer.get(DEVICE, name)
    assert len(layer.sent()) == 2, "§4.7"


def test_what_was_cancelled_while_it_waited_is_never_sent(layer: Layer) -> None:
    layer.get(DEVICE, "a")
    waiting = [layer.get(DEVICE, name) for name in "bcd"]
    (first,) = layer.sent()
    for call in waiting:
        layer.cancel(call)
    answer(layer, first, CONTENT, b"x")
    layer.advance(GIVING_UP)
    assert layer.sent() == []


# --- 5: notifications are lost after they were acknowledged -----------------------------------


def test_every_notification_that_is_acknowledged_is_told(layer: Layer) -> None:
    observation, request = observed(layer)
    layer.advance(1)
    for number in range(2, 12):
        notify(layer, DEVICE, request, number, number, type_=CON)
    layer.advance(1)
    assert [sent.type for sent in layer.sent()] == [ACK] * 10
    assert observation.bodies == [str(number).encode() for number in range(1, 12)]


# --- 6: a cancelled observation swallows a notification ---------------------------------------


def test_the_next_notification_of_a_cancelled_observation_is_reset(layer: Layer) -> None:
    observation, request = observed(layer)
    layer.cancel(observation)
    layer.sent()
    notify(layer, DEVICE, request, 7, 2, type_=CON)
    assert only(layer.sent())[1:4] == (RST, 0, 7), "RFC 7641 §3.6"
    assert observation.bodies == [b"1"]


# --- 7: an observation is lost with the device's port, tokens can be guessed, none restored ----


def test_a_notification_from_another_port_is_taken(layer: Layer) -> None:
    observation, request = observed(layer)
    notify(layer, REBOUND, request, 7, 2, type_=CON)
    assert only(layer.sent())[:4] == (REBOUND, ACK, 0, 7)
    assert observation.bodies == [b"1", b"2"]


def test_tokens_cannot_be_guessed(layer: Layer) -> None:
    for peer in (DEVICE, OTHER):
        layer.get(peer, "a")
    first, second = (sent.token for sent in layer.sent())
    assert min(len(first), len(second)) >= 4, "§5.3.1: 32 bits of randomness"
    assert int.from_bytes(second, "big") - int.from_bytes(first, "big") != 1


def test_an_observation_goes_on_under_the_token_that_was_stored(layer: Layer) -> None:
    call = layer.observe(DEVICE, "temperature", token=b"\xa1\xb2\xc3\xd4")
    request = only(layer.sent())
    assert request.token == b"\xa1\xb2\xc3\xd4"
    answer(layer, request, CONTENT, b"1", observe=1)
    assert call.bodies == [b"1"]


# --- 8: whatever comes is taken for a message -------------------------------------------------


def test_a_critical_option_that_is_unknown_is_refused(layer: Layer) -> None:
    served: list[bytes] = []
    layer.serve("a", into(served))
    layer.receive(DEVICE, datagram(CON, GET, 1, b"t", (*path("a"), (65001, b"?"))))
    assert only(layer.sent())[1:5] == (ACK, BAD_OPTION, 1, b"t"), "§5.4.1"
    assert served == []


@pytest.mark.parametrize(
    "data",
    [b"\x49\x01\x00\x01" + b"123456789" + b"\xb1a", b"\x48\x01\x00\x01\xb1a"],
    ids=["token length 9", "token cut off"],
)
def test_a_header_with_a_bad_token_is_no_request(layer: Layer, data: bytes) -> None:
    served: list[bytes] = []
    layer.serve("a", into(served))
    layer.serve("", into(served))
    layer.receive(DEVICE, data)
    assert all(sent.code == 0 for sent in layer.sent()), "§3, §4.2"
    assert served == []


def test_text_that_is_no_utf8_is_refused_and_raises_nothing(layer: Layer) -> None:
    layer.receive(DEVICE, datagram(CON, GET, 1, b"t", ((11, b"\xff\xfe"),)))
    assert layer.faults == []
    assert only(layer.sent())[1:5] == (ACK, BAD_OPTION, 1, b"t"), "§5.4.3"


# --- 9 is about the socket: see tests/lwm2m_server/transport/test_burst.py ---------------------

# --- 10: bodies in blocks have no bound, and stay when they are done ---------------------------


def send_body(layer: Layer, peer: Peer, blocks: int, *, ends: bool = True) -> int:
    """Send a body in blocks until it is answered; return the code, or 2.31 if it goes on."""
    code = CONTINUE
    for number in range(blocks):
        more = not ends or number < blocks - 1
        options = (*path("in"), (BLOCK1, block(number, more=more)))
        data = datagram(CON, PUT, number, bytes([peer.port & 255]), options, bytes(1024))
        layer.receive(peer, data)
        code = only(layer.sent()).code
        if code != CONTINUE:
            break
    return code


def test_a_body_without_end_is_refused(layer: Layer) -> None:
    layer.serve("in", lambda _body: b"")
    assert send_body(layer, DEVICE, 256, ends=False) == TOO_LARGE, "RFC 7959 §2.9.3"


def test_a_body_that_was_served_is_not_kept(layer: Layer) -> None:
    layer.serve("in", lambda _body: b"")
    given(send_body(layer, OTHER, 2) == CHANGED)
    bodies, size = 10, 32
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(bodies):
            given(send_body(layer, Peer(41000 + number), size) == CHANGED)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < bodies * size * 1024 // 2


# --- what scenarios rest on: both layers are joined rightly ------------------------------------


@pytest.fixture(params=[OurLayer, AiocoapLayer], ids=["ours", "aiocoap"])
def joined(request: pytest.FixtureRequest) -> Iterator[Layer]:
    layer: Layer = request.param()
    yield layer
    layer.close()


def test_a_post_is_served(joined: Layer) -> None:
    joined.serve("in", lambda body: b"<" + body + b">")
    joined.receive(DEVICE, datagram(CON, POST, 1, b"t", path("in"), b"body"))
    sent = only(joined.sent())
    assert sent[1:5] == (ACK, CHANGED, 1, b"t")
    assert sent.payload == b"<body>"


def test_a_body_in_blocks_is_served(joined: Layer) -> None:
    bodies: list[bytes] = []
    joined.serve("in", into(bodies))
    assert send_body(joined, DEVICE, 3) == CHANGED
    assert bodies == [bytes(3 * 1024)]


def test_a_get_is_answered_and_a_silent_peer_given_up(joined: Layer) -> None:
    call = joined.get(DEVICE, "a")
    answer(joined, only(joined.sent()), CONTENT, b"x")
    assert call.bodies == [b"x"]
    lost = joined.get(OTHER, "a")
    joined.advance(GIVING_UP)
    assert lost.failure is not None
    assert len(joined.sent()) == 5, "MAX_RETRANSMIT is 4 (§4.8)"


def test_slow_notifications_are_told(joined: Layer) -> None:
    observation, request = observed(joined)
    for number in (2, 3):
        joined.advance(1)
        notify(joined, DEVICE, request, number, number, type_=CON)
    assert observation.bodies == [b"1", b"2", b"3"]
