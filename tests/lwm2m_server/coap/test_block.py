"""Block options and their bytes (RFC 7959 §2.2)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.coap.block import LARGEST_NUMBER, Block, decode_block, encode_block
from lwm2m_server.coap.errors import Malformed
from lwm2m_server.coap.numbers import Code

blocks = st.builds(Block, st.integers(0, LARGEST_NUMBER), st.booleans(), st.integers(0, 6))


@given(blocks)
def test_what_is_written_is_read(block: Block) -> None:
    value = encode_block(block)
    assert len(value) <= 3
    assert value[:1] != b"\0"
    assert decode_block(value) == block


@given(st.binary(max_size=5))
def test_arbitrary_bytes_are_a_block_or_malformed(value: bytes) -> None:
    with suppress(Malformed):
        assert encode_block(decode_block(value)) == value.lstrip(b"\0")


@pytest.mark.parametrize(
    ("value", "block"),
    [
        # RFC 7959 §3.1 to §3.3, the values of its figures: NUM/M/size.
        (b"", Block(0, more=False, exponent=0)),
        (b"\x0e", Block(0, more=True, exponent=6)),
        (b"\x1b", Block(1, more=True, exponent=3)),
        (b"\x26", Block(2, more=False, exponent=6)),
        (b"\x01\x02", Block(16, more=False, exponent=2)),
        (b"\xff\xff\xfe", Block(LARGEST_NUMBER, more=True, exponent=6)),
        (b"\0\0\x0e", Block(0, more=True, exponent=6)),  # leading zeros: RFC 7252 §3.2
    ],
)
def test_values(value: bytes, block: Block) -> None:
    assert decode_block(value) == block
    assert encode_block(block) == value.lstrip(b"\0")


def test_a_block_tells_where_it_lies() -> None:
    assert (Block(3, more=True, exponent=2).size, Block(3, more=True, exponent=2).start) == (
        64,
        192,
    )


def test_exponent_7_is_refused_in_words() -> None:
    # RFC 7959 §2.2: reserved, "MUST lead to a 4.00"; BERT (RFC 8323 §6) is of TCP.
    with pytest.raises(Malformed, match="BERT") as fault:
        decode_block(b"\x17")
    assert fault.value.code == Code.BAD_REQUEST


def test_four_bytes_are_an_option_that_is_not_understood() -> None:
    with pytest.raises(Malformed) as fault:
        decode_block(bytes(4))
    assert fault.value.code == Code.BAD_OPTION  # RFC 7252 §5.4.3: critical


@pytest.mark.parametrize(
    "block", [Block(LARGEST_NUMBER + 1, more=False), Block(0, more=False, exponent=7)]
)
def test_what_no_option_can_tell_is_not_written(block: Block) -> None:
    with pytest.raises(ValueError, match="no Block option"):
        encode_block(block)
