"""Receiving by Block1: in order, again, out of order, too much (RFC 7959 §2.5, §2.9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.block1 import PATIENCE, Block, Reception
from device_sim.errors import Refused

sizes = st.sampled_from([16 << exponent for exponent in range(7)])


def cut(body: bytes, size: int) -> list[tuple[Block, bytes]]:
    count = max(1, -(-len(body) // size))
    return [
        (Block(n, more=n < count - 1, size=size), body[n * size : (n + 1) * size])
        for n in range(count)
    ]


@given(st.binary(max_size=5000), sizes, st.data())
def test_a_body_arrives_whole_whatever_is_repeated(
    body: bytes, size: int, data: st.DataObject
) -> None:
    reception, got = Reception.begin(len(body), 0.0, len(body)), b""
    for block, payload in cut(body, size):
        reception = reception.take(block, payload, 0.0)
        got += payload
        if data.draw(st.booleans()) and reception.received:
            assert reception.repeats(block, payload)
    assert got == body
    assert reception.complete


@given(st.binary(min_size=49, max_size=400), st.integers(0, 30))
def test_a_block_out_of_order_is_incomplete(body: bytes, number: int) -> None:
    blocks = cut(body, 16)
    reception = Reception.begin(1000, 0.0, None).take(*blocks[0], 0.0)
    if number == 1 or number >= len(blocks):
        return
    with pytest.raises(Refused) as refusal:
        reception.take(*blocks[number], 0.0)
    assert refusal.value.code == 0x88


def test_blocks_may_become_smaller_on_the_way() -> None:
    reception = Reception.begin(1000, 0.0, None).take(Block(0, more=True, size=64), b"a" * 64, 0.0)
    reception = reception.take(Block(4, more=True, size=16), b"b" * 16, 0.0)
    assert reception.take(Block(5, more=False, size=16), b"c", 0.0).received == 81


@pytest.mark.parametrize(
    ("block", "payload", "code"),
    [
        (Block(0, more=True, size=16), b"short", 0x80),
        (Block(0, more=False, size=16), b"x" * 17, 0x80),
        (Block(0, more=True, size=64), b"x" * 64, 0x8D),
        (Block(1, more=True, size=16), b"x" * 16, 0x88),
    ],
)
def test_what_cannot_be_is_refused(block: Block, payload: bytes, code: int) -> None:
    with pytest.raises(Refused) as refusal:
        Reception.begin(40, 0.0, None).take(block, payload, 0.0)
    assert refusal.value.code == code


def test_size1_is_believed_before_the_first_byte() -> None:
    with pytest.raises(Refused) as refusal:
        Reception.begin(40, 0.0, 41)
    assert refusal.value.code == 0x8D


def test_another_first_block_is_no_repetition() -> None:
    block = Block(0, more=True, size=16)
    reception = Reception.begin(40, 0.0, None).take(block, b"a" * 16, 0.0)
    assert reception.repeats(block, b"a" * 16)
    assert not reception.repeats(block, b"b" * 16)


def test_a_transfer_that_stalls_is_stale_and_a_whole_one_never() -> None:
    block = Block(0, more=True, size=16)
    stalled = Reception.begin(40, 0.0, None).take(block, b"a" * 16, 5.0)
    assert not stalled.is_stale(5.0 + PATIENCE)
    assert stalled.is_stale(5.1 + PATIENCE)
    assert not stalled.take(Block(1, more=False, size=16), b"", 5.0).is_stale(1e9)
