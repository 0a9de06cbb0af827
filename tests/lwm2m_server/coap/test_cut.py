"""Answers that leave in blocks (Block2, RFC 7959 §2.4)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lwm2m_server.coap.block import LARGEST_NUMBER, Block
from lwm2m_server.coap.credit import AMPLIFICATION
from lwm2m_server.coap.cut import cut
from lwm2m_server.coap.message import Message, Options, encode
from lwm2m_server.coap.numbers import Code

BODY = bytes(range(256)) * 12


def get(number: int | None = None, exponent: int = 6, **more: object) -> Message:
    block2 = None if number is None else Block(number, more=False, exponent=exponent)
    return Message(Code.GET, Options(uri_path=("p",), block2=block2).but(**more), token=b"12345678")


def content(body: bytes = BODY, **more: object) -> Message:
    return Message(Code.CONTENT, Options(content_format=42).but(**more), body)


# --- laws


@given(st.binary(min_size=1, max_size=4000), st.integers(0, 6), st.none() | st.integers(100, 2000))
def test_the_pieces_are_the_body(body: bytes, exponent: int, budget: int | None) -> None:
    """A client that goes on with the size it was given gets every byte once."""
    response = content(body)
    piece = cut(get(0, exponent), response, budget)
    got, tags = [bytes(piece.payload)], set(piece.options.etags)
    while piece.options.block2.more:
        assert len(piece.payload) == piece.options.block2.size
        assert piece.options.size2 == len(body)
        exponent = piece.options.block2.exponent
        start = sum(map(len, got))
        piece = cut(get(start >> (exponent + 4), exponent), response, budget)
        assert piece.options.block2.start == start
        got.append(bytes(piece.payload))
        tags.update(piece.options.etags)
    assert b"".join(got) == body
    assert len(tags) == 1


codes = st.sampled_from([Code.CONTENT, Code.CHANGED, Code.NOT_FOUND, Code.VALID])
tags = st.lists(st.binary(min_size=1, max_size=8), max_size=2).map(tuple)


@given(
    st.sampled_from([Code.GET, Code.POST, Code.FETCH]),
    codes,
    st.binary(max_size=3000),
    st.none() | st.builds(Block, st.integers(0, LARGEST_NUMBER), st.booleans(), st.integers(0, 6)),
    st.none() | st.builds(Block, st.integers(0, LARGEST_NUMBER), st.booleans(), st.integers(0, 6)),
    tags,
    tags,
    st.binary(max_size=8),
    st.sampled_from([None, *range(0, 400, 7)]),
)
def test_an_unproven_address_never_gets_more_than_its_budget(
    method: Code,
    code: Code,
    body: bytes,
    block1: Block | None,
    block2: Block | None,
    held: tuple[bytes, ...],
    given_: tuple[bytes, ...],
    token: bytes,
    budget: int | None,
) -> None:
    request = Message(method, Options(block1=block1, block2=block2, etags=held), b"", token=token)
    response = Message(code, Options(etags=given_[:1], content_format=42), body)
    # A bare code is what any request may have.
    assume(budget is None or budget >= AMPLIFICATION * len(encode(request)))
    piece = cut(request, response, budget)
    piece.token = token
    size = len(encode(piece))
    assert budget is None or size <= budget
    assert len(piece.payload) <= 1024


# --- cases


def test_what_fits_stays_as_it_is() -> None:
    response = content(bytes(1024))
    assert cut(get(), response) is response


def test_what_does_not_fit_begins_with_block_0() -> None:
    piece = cut(get(), content())
    assert (piece.options.block2, piece.options.size2) == (Block(0, more=True), len(BODY))
    assert piece.payload == BODY[:1024]
    assert piece.options.content_format == 42


def test_a_client_that_asks_for_blocks_gets_one() -> None:
    piece = cut(get(0, 2), content(b"short"))
    assert (piece.options.block2, piece.payload) == (Block(0, more=False, exponent=2), b"short")


def test_where_there_is_no_body_there_are_no_blocks() -> None:
    response = Message(Code.CREATED, Options(location_path=("rd", "1")))
    assert cut(get(0), response) is response


def test_a_block_beyond_the_end_is_4_00() -> None:
    answer = cut(get(3), content())
    assert (answer.code, answer.payload) == (
        Code.BAD_REQUEST,
        b"block 3 is beyond the end of 3072 bytes",
    )


def test_the_body_is_not_copied() -> None:
    piece = cut(get(1), content())
    assert isinstance(piece.payload, memoryview)
    assert piece.payload.obj is BODY


def test_the_handlers_etag_is_kept_and_its_response_untouched() -> None:
    response = content(etags=(b"tag",))
    assert cut(get(1), response).options.etags == (b"tag",)
    assert response.options.block2 is None


def test_another_content_has_another_etag() -> None:
    assert cut(get(1), content()).options.etags != cut(get(1), content(BODY[::-1])).options.etags


def test_size2_is_told_where_it_is_asked_for() -> None:
    assert cut(get(size2=0), content(b"short")).options.size2 == 5


def test_a_protected_response_has_its_blocks_inside() -> None:
    protected = content(bytes(1100), oscore=b"")
    assert cut(get(), protected) is protected


def test_a_response_with_block2_is_the_handlers_own() -> None:
    own = content(b"piece", block2=Block(7, more=True))
    assert cut(get(7), own) is own


def test_block1_is_confirmed() -> None:
    request = Message(Code.POST, Options(block1=Block(3, more=False)))
    assert cut(request, Message(Code.CHANGED)).options.block1 == Block(3, more=False)
    assert cut(request, Message(Code.NOT_FOUND)).options.block1 == Block(3, more=False)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (get(etags=(b"old", b"tag")), Code.VALID),
        (get(0, etags=(b"tag",)), Code.VALID),
        (get(1, etags=(b"tag",)), Code.CONTENT),  # it has a part, and asks for the rest
        (get(etags=(b"old",)), Code.CONTENT),
        (get(if_none_match=True), Code.PRECONDITION_FAILED),
        (get(if_match=(b"tag",)), Code.CONTENT),
        (get(if_match=(b"",)), Code.CONTENT),
        (get(if_match=(b"old",)), Code.PRECONDITION_FAILED),
        (Message(Code.POST, Options(if_none_match=True)), Code.CONTENT),
    ],
)
def test_conditions_are_answered_by_the_handlers_etag(request_: Message, code: Code) -> None:
    answer = cut(request_, content(etags=(b"tag",), max_age=60))
    assert answer.code == code
    if code == Code.VALID:
        assert (answer.options.etags, answer.options.max_age) == ((b"tag",), 60)
        assert answer.payload == b""


def test_an_unproven_address_gets_smaller_blocks() -> None:
    piece = cut(get(), content(), 120)
    assert piece.options.block2 == Block(0, more=True, exponent=2)
    onward = cut(get(48, 2), content(), 120)
    assert onward.code == Code.BAD_REQUEST
    assert cut(get(1), content(), 120).options.block2 == Block(16, more=True, exponent=2)


def test_an_unproven_address_gets_no_long_diagnostic() -> None:
    answer = cut(get(), Message(Code.NOT_FOUND, Options(), bytes(200)), 60)
    assert (answer.code, answer.payload) == (Code.NOT_FOUND, b"")


def test_size2_is_left_out_before_the_payload() -> None:
    piece = cut(get(), content(), 40)
    assert (piece.options.block2, piece.options.size2) == (Block(0, more=True, exponent=0), None)


def test_where_no_block_fits_the_answer_is_4_01() -> None:
    answer = cut(get(), content(), 30)
    assert (answer.code, answer.payload) == (Code.UNAUTHORIZED, b"")
