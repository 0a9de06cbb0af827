"""Bodies that arrive by Block1 (RFC 7959 §2.5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.assembly import PIECE, Assemblies
from lwm2m_server.coap.block import Block
from lwm2m_server.coap.limits import LIMITS
from lwm2m_server.coap.message import Message, Options
from lwm2m_server.coap.numbers import Code
from lwm2m_server.coap.tuning import TUNING

PEER = "peer"
BODY = bytes(range(256)) * 16


def piece(
    number: int, exponent: int = 6, body: bytes = BODY, path: str = "dp", **more: object
) -> Message:
    """One block of `body`, as a client sends it."""
    block = Block(number, more=False, exponent=exponent)
    end = block.start + block.size
    options = Options(
        uri_path=(path,), block1=replace(block, more=end < len(body)), content_format=112
    ).but(**more)
    return Message(Code.POST, options, body[block.start : end])


def say(assemblies: Assemblies, *requests: Message, now: float = 0.0) -> list[int | bytes]:
    """What each request becomes: the whole body, or the code of the answer."""
    said: list[int | bytes] = []
    for request in requests:
        result, whole = assemblies.take(PEER, request, now)
        said.append(bytes(result.payload) if whole else result.code)
    return said


# --- laws


@given(st.binary(max_size=3000), st.data())
def test_a_body_arrives_whole_exactly_once_whatever_is_lost(
    body: bytes, data: st.DataObject
) -> None:
    """Each block is sent until its answer gets through, in blocks that may shrink at any time."""
    assemblies = Assemblies()
    served: list[bytes] = []
    start, exponent = 0, data.draw(st.integers(2, 6))
    while True:
        request = piece(start >> (exponent + 4), exponent, body)
        answer, whole = assemblies.take(PEER, request, 0.0)
        if whole:
            served.append(bytes(answer.payload))
            request, answer = answer, Message(Code.CHANGED)
            assemblies.answered(PEER, request, answer)
        if len(body) > request.options.block1.size and data.draw(st.booleans(), "answer lost"):
            smaller = data.draw(st.integers(2, exponent))
            exponent = smaller if start % (16 << smaller) == 0 else exponent
            continue
        start += 16 << exponent
        if answer.code == Code.CHANGED:
            break
        assert answer.code == Code.CONTINUE
    assert served == [body]


requests = st.builds(
    lambda code, number, more, exponent, size, path, tag, format_, size1, block2: Message(
        code,
        Options(
            uri_path=(path,),
            block1=None if number is None else Block(number, more, exponent),
            block2=block2,
            request_tags=tag,
            content_format=format_,
            size1=size1,
        ),
        bytes((16 << exponent) if more and size > 40 else size),
    ),
    st.sampled_from([Code.GET, Code.POST, Code.PUT, Code.FETCH]),
    st.none() | st.integers(0, 5) | st.just((1 << 20) - 1),
    st.booleans(),
    st.integers(0, 3),
    st.integers(0, 150),
    st.sampled_from("ab"),
    st.sampled_from([(), (b"1",)]),
    st.sampled_from([None, 0]),
    st.none() | st.integers(0, 600),
    st.none() | st.builds(Block, st.integers(0, 2), st.just(False)),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("xyz"), requests, st.integers(0, 100)), max_size=40))
def test_no_sequence_of_blocks_raises_or_passes_a_bound(
    arrivals: list[tuple[str, Message, int]],
) -> None:
    limits = replace(LIMITS, assemblies=4, peer_assemblies=2, body=500, assembling=1200)
    assemblies = Assemblies(limits)
    now = 0.0
    for remote, request, pause in arrivals:
        now += pause
        result, whole = assemblies.take(remote, request, now)
        if whole:
            assert len(result.payload) <= max(limits.body, len(request.payload))
            assemblies.answered(remote, result, Message(Code.CHANGED, Options(), bytes(pause)))
        assert len(assemblies) <= limits.assemblies
        assert 0 <= assemblies.cost <= limits.assembling
    for remote in "xyz":
        assemblies.forget(remote)
    assert (len(assemblies), assemblies.cost) == (0, 0)


# --- cases


def test_a_body_in_four_blocks() -> None:
    assert say(Assemblies(), *map(piece, range(4))) == [Code.CONTINUE] * 3 + [BODY]


def test_a_confirmation_tells_which_block() -> None:
    answer, _ = Assemblies().take(PEER, piece(0), 0.0)
    assert answer.options.block1 == Block(0, more=True)


def test_the_whole_request_is_the_last_with_all_bytes() -> None:
    assemblies = Assemblies()
    for number in range(3):
        assemblies.take(PEER, piece(number, content_format=None if number else 112), 0.0)
    last = replace(piece(3, content_format=None), id=7, token=b"t")
    whole, _ = assemblies.take(PEER, last, 0.0)
    assert (whole.id, whole.token, whole.options.block1) == (7, b"t", Block(3, more=False))
    assert whole.options.content_format == 112 or whole.options.content_format is None


def test_one_block_is_a_body() -> None:
    assert say(Assemblies(), piece(0, body=b"all")) == [b"all"]


def test_without_block1_a_request_is_whole() -> None:
    assert say(Assemblies(), Message(Code.POST, Options(), b"all")) == [b"all"]


def test_an_empty_last_block_ends_a_body() -> None:
    empty = Message(Code.POST, piece(3).options.but(block1=Block(4, more=False)))
    begun = [
        replace(request, options=request.options.but(block1=Block(number, more=True)))
        for number, request in enumerate(map(piece, range(4)))
    ]
    assert say(Assemblies(), *begun, empty) == [Code.CONTINUE] * 4 + [BODY]


def test_the_same_block_again_changes_nothing() -> None:
    order = [0, 0, 1, 1, 1, 2, 3]
    assert say(Assemblies(), *map(piece, order)) == [Code.CONTINUE] * 6 + [BODY]


def test_the_last_block_again_gets_the_answer_again() -> None:
    assemblies = Assemblies()
    *_, whole = (assemblies.take(PEER, piece(number), 0.0)[0] for number in range(4))
    assert say(assemblies, piece(3)) == [Code.SERVICE_UNAVAILABLE]  # still being served
    answer = Message(Code.CREATED, Options(location_path=("rd", "1")))
    assemblies.answered(PEER, whole, answer)
    again, whole = assemblies.take(PEER, piece(3), 1.0)
    assert (again.code, again.options, whole) == (
        Code.CREATED,
        Options(location_path=("rd", "1"), block1=Block(3, more=False)),
        False,
    )


@pytest.mark.parametrize(
    "answer",
    [Message(Code.SERVICE_UNAVAILABLE), Message(Code.CONTENT, Options(), bytes(1025))],
)
def test_what_was_not_done_or_is_large_is_not_kept(answer: Message) -> None:
    assemblies = Assemblies()
    *_, whole = (assemblies.take(PEER, piece(number), 0.0)[0] for number in range(4))
    assemblies.answered(PEER, whole, answer)
    assert (len(assemblies), assemblies.cost) == (0, 0)
    assert say(assemblies, piece(3)) == [Code.REQUEST_ENTITY_INCOMPLETE]


def test_block_0_begins_anew() -> None:
    other = bytes(3000)
    new = [piece(number, body=other) for number in range(3)]
    assert say(Assemblies(), piece(0), piece(1), *new)[-1] == other


@pytest.mark.parametrize(
    ("before", "out_of_turn"),
    [
        ([], piece(1)),
        ([0], piece(2)),
        ([0, 1, 2], piece(1)),
        ([0, 1], piece(1, body=bytes(4096))),  # another body's block 1
        ([0], piece(1, content_format=110)),  # RFC 7959 §2.9.2
        ([0], piece(1, path="other")),
        ([0], piece(1, uri_query=("a=1",))),
        ([0], piece(1, request_tags=(b"1",))),
        ([0], replace(piece(1), code=Code.PUT)),
        ([0, 1], Message(Code.POST, piece(1).options.but(block1=Block(1, more=False)), b"")),
        ([0, 1, 2, 3], piece(2)),
        ([0, 1, 2, 3], piece(4, body=BODY * 2)),
    ],
)  # fmt: skip
def test_a_block_out_of_turn_is_4_08(before: list[int], out_of_turn: Message) -> None:
    assemblies = Assemblies()
    say(assemblies, *map(piece, before))
    assert say(assemblies, out_of_turn) == [Code.REQUEST_ENTITY_INCOMPLETE]


def test_a_block_out_of_turn_does_not_end_what_goes_on() -> None:
    order = [0, 1, 3, 2, 0x7FFFF, 3]
    said = say(Assemblies(), *map(piece, order))
    assert said[-1] == BODY
    assert said.count(Code.REQUEST_ENTITY_INCOMPLETE) == 2


def test_blocks_may_become_smaller_and_larger() -> None:
    # RFC 7959 §2.3: numbers are in units of the size that is told with them.
    order = [piece(0), piece(4, 4), piece(5, 4), piece(3, 5), piece(2), piece(3)]
    assert say(Assemblies(), *order)[-1] == BODY


def test_a_block_in_the_middle_is_full() -> None:
    short = replace(piece(0), payload=bytes(1000))
    long = replace(piece(3), payload=bytes(1025))
    assert say(Assemblies(), short, long) == [Code.BAD_REQUEST] * 2


def test_a_body_beyond_the_limit_is_refused_at_once_where_its_size_is_told() -> None:
    assemblies = Assemblies(replace(LIMITS, body=2048))
    answer, whole = assemblies.take(PEER, piece(0, size1=2049), 0.0)
    assert (answer.code, answer.options.size1, whole) == (
        Code.REQUEST_ENTITY_TOO_LARGE,
        2048,
        False,
    )
    assert len(assemblies) == 0


def test_a_body_beyond_the_limit_is_refused_when_it_gets_there() -> None:
    assemblies = Assemblies(replace(LIMITS, body=2048))
    assert say(assemblies, *map(piece, range(3)))[-1] == Code.REQUEST_ENTITY_TOO_LARGE
    assert (len(assemblies), assemblies.cost) == (0, 0)


def test_two_bodies_of_one_peer_are_told_apart_by_their_tags() -> None:
    # RFC 9175 §3.3: operations that go on at the same time
    one = [piece(number, request_tags=(b"1",)) for number in range(4)]
    two = [piece(number, request_tags=(b"2",), body=BODY[::-1]) for number in range(4)]
    said = say(Assemblies(), *(request for pair in zip(one, two, strict=True) for request in pair))
    assert said[-2:] == [BODY, BODY[::-1]]


def test_beyond_its_limit_a_peer_loses_what_was_idle_longest() -> None:
    assemblies = Assemblies(replace(LIMITS, peer_assemblies=2))
    for now, path in enumerate("ab"):
        say(assemblies, piece(0, path=path), now=now)
    say(assemblies, piece(1, path="a"), now=2)
    say(assemblies, piece(0, path="c"), now=3)
    assert say(assemblies, piece(1, path="b"), piece(2, path="a"), now=4) == [
        Code.REQUEST_ENTITY_INCOMPLETE,
        Code.CONTINUE,
    ]


def test_beyond_the_limit_of_all_the_one_idle_longest_goes() -> None:
    assemblies = Assemblies(replace(LIMITS, assemblies=2))
    for remote in "abc":
        assemblies.take(remote, piece(0), 0.0)
    answers = [assemblies.take(remote, piece(1), 1.0)[0].code for remote in "abc"]
    assert answers == [Code.REQUEST_ENTITY_INCOMPLETE, Code.CONTINUE, Code.CONTINUE]


def test_beyond_the_limit_of_bytes_the_one_idle_longest_goes() -> None:
    assemblies = Assemblies(replace(LIMITS, assembling=3 * (1024 + PIECE)))
    for remote in "abcd":
        assemblies.take(remote, piece(0), 0.0)
    assert assemblies.take("a", piece(1), 0.0)[0].code == Code.REQUEST_ENTITY_INCOMPLETE
    assert assemblies.take("b", piece(1), 0.0)[0].code == Code.CONTINUE


def test_what_is_silent_for_a_lifetime_is_dropped() -> None:
    assemblies = Assemblies()
    say(assemblies, piece(0, path="a"))
    say(assemblies, piece(0, path="b"), now=1.0)
    assemblies.expire(TUNING.exchange_lifetime)
    assert len(assemblies) == 1
    say(assemblies, piece(0, path="c"), now=1.0 + TUNING.exchange_lifetime)
    assert len(assemblies) == 1  # a new one drops what is over, too


def test_what_a_peer_has_begun_can_be_forgotten() -> None:
    assemblies = Assemblies()
    say(assemblies, piece(0, path="a"), piece(0, path="b"))
    assemblies.take("other", piece(0), 0.0)
    assemblies.forget(PEER)
    assert len(assemblies) == 1


def test_only_what_is_safe_to_repeat_can_be_asked_for_in_blocks() -> None:
    later = Options(block2=Block(1, more=False))
    assert say(Assemblies(), Message(Code.POST, later), Message(Code.GET, later)) == [
        Code.REQUEST_ENTITY_INCOMPLETE,
        b"",
    ]
