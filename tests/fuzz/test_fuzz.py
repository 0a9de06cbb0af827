"""A little of the fuzz at every run; `make fuzz-coap` is the whole of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lwm2m_server.coap.errors import Malformed
from lwm2m_server.coap.message import decode, encode

from . import core, server
from .datagrams import Fuzzer

# Caches that fill, as that of layouts, one frame more: not one block for each of the datagrams.
A_FEW = 4_000


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_the_core_takes_anything_and_remembers_nothing(seed: int) -> None:
    core.rested(core.Core(seed), 400)


def test_what_is_left_does_not_grow() -> None:
    assert core.blocks_after(7, 5_000) < A_FEW


@given(st.binary(max_size=64) | st.integers(0, 2**32).map(lambda seed: Fuzzer(seed).next()))
def test_what_can_be_read_can_be_written(data: bytes) -> None:
    """And is then read as the same: the law of codecs, over what the fuzz sends."""
    try:
        message = decode(data)
    except Malformed:
        return
    assert decode(encode(message)) == message


@pytest.mark.slow
def test_the_core_over_many_seeds() -> None:
    for seed in range(10):
        assert core.blocks_after(seed, 20_000) < A_FEW


@pytest.mark.slow
def test_the_server_goes_on_and_logs_nothing() -> None:
    outcome = server.fuzz(seed=1, datagrams=50_000, settle=0)
    assert outcome.log == ""
