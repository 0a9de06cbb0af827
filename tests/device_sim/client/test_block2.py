"""Fetching by Block2: resumed where it stopped, begun anew where the body changed."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.client.block1 import Block
from device_sim.client.block2 import PATIENCE, Answer, Download
from device_sim.client.download import check_uri, fetch
from device_sim.errors import TransferFailed, Why

CONTENT, NOT_FOUND, UNAVAILABLE, INCOMPLETE = 0x45, 0x84, 0xA3, 0x88


def served(body: bytes, block: Block, etag: bytes = b"1", largest: int = 1024) -> Answer:
    size = min(block.size, largest)
    start = block.offset
    more = start + size < len(body)
    return Answer(
        CONTENT, body[start : start + size], Block(start // size, more, size), etag, len(body)
    )


class Target:
    """Collects what is written, from the first byte whenever it is begun anew."""

    def __init__(self) -> None:
        self.data = b""

    def begin(self) -> "Target":
        self.data = b""
        return self

    def append(self, data: bytes) -> None:
        self.data += data

    def content(self) -> bytes:
        return self.data


async def no_sleep(_: float) -> None:
    return


async def get(answers: Callable[[Block], Answer | None], limit: int = 10_000) -> bytes:
    clock = iter(range(1_000_000))

    async def ask(block: Block) -> Answer | None:
        return answers(block)

    return await fetch(
        ask,
        Target().begin,  # type: ignore[arg-type]
        limit,
        clock=lambda: float(next(clock)),
        sleep=no_sleep,
        luck=lambda: 0.5,
    )


@given(st.binary(max_size=5000), st.sampled_from([16, 64, 1024]), st.lists(st.booleans()))
async def test_a_body_arrives_whole_over_a_network_that_loses(
    body: bytes, largest: int, losses: list[bool]
) -> None:
    fates = iter(losses)
    got = await get(
        lambda block: None if next(fates, False) else served(body, block, b"1", largest)
    )
    assert got == body


async def test_it_resumes_at_the_block_that_failed() -> None:
    asked: list[int] = []

    def answers(block: Block) -> Answer | None:
        asked.append(block.number)
        return None if len(asked) == 3 else served(b"x" * 3000, block)

    await get(answers)
    assert asked == [0, 1, 2, 2]


async def test_a_server_that_restarts_is_waited_for() -> None:
    script = [None, None, Answer(UNAVAILABLE), Answer(NOT_FOUND), None]
    asked: list[int] = []

    def answers(block: Block) -> Answer | None:
        asked.append(block.number)
        return script.pop(0) if len(asked) > 2 and script else served(b"x" * 3000, block)

    assert len(await get(answers)) == 3000
    assert asked == [0, 1, 2, 2, 2, 2, 2, 2]


async def test_another_body_under_the_same_uri_begins_anew() -> None:
    asked: list[int] = []

    def answers(block: Block) -> Answer:
        asked.append(block.number)
        new = len(asked) > 2
        return served(b"new" * 1000 if new else b"old" * 1000, block, b"2" if new else b"1")

    assert await get(answers) == b"new" * 1000
    assert asked == [0, 1, 2, 0, 1, 2]


async def why(answers: Callable[[Block], Answer | None], limit: int = 10_000) -> Why:
    with pytest.raises(TransferFailed) as failure:
        await get(answers, limit)
    return failure.value.why


async def test_each_hopeless_case_says_why() -> None:
    assert await why(lambda _: Answer(NOT_FOUND)) is Why.BAD_URI
    assert await why(lambda _: Answer(0x83)) is Why.BAD_URI
    assert await why(lambda _: None) is Why.CONNECTION_LOST
    assert await why(lambda _: Answer(INCOMPLETE)) is Why.INTEGRITY
    assert await why(lambda block: served(b"x" * 3000, block), 2999) is Why.NO_SPACE
    without_size = Answer(CONTENT, b"x" * 100)
    assert await why(lambda _: without_size, 99) is Why.NO_SPACE


@given(
    st.lists(
        st.builds(
            Answer,
            st.sampled_from([CONTENT, NOT_FOUND, UNAVAILABLE, INCOMPLETE, 0x80, 0x43]),
            st.binary(max_size=40),
            st.none() | st.builds(Block, st.integers(0, 3), st.booleans(), st.just(16)),
            st.none() | st.binary(max_size=2),
            st.none() | st.integers(0, 2**32),
        )
    )
)
def test_no_answer_brings_more_than_the_limit(answers: list[Answer]) -> None:
    download = Download(limit=64, progress_at=0.0)
    for answer in answers:
        try:
            download, data = download.take(answer, 1.0)
        except TransferFailed:
            return
        assert download.received <= 64
        assert len(data) <= 64
        if download.complete:
            return


def test_it_is_given_up_only_when_nothing_came_for_long() -> None:
    download = Download(limit=64, progress_at=0.0).lost(PATIENCE)
    assert 0 < download.pause(0.5) <= 15
    with pytest.raises(TransferFailed):
        download.lost(PATIENCE + 1)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", Why.BAD_URI),
        ("coap://", Why.BAD_URI),
        ("nothing", Why.BAD_URI),
        ("coap://[::1/p", Why.BAD_URI),
        ("coap://host:99999/p", Why.BAD_URI),
        (f"coap://{'x' * 64}/p", Why.BAD_URI),
        ("coap://a..b/p", Why.BAD_URI),
        ("coap://host/" + "x" * 255, Why.BAD_URI),
        ("coap://host/\n", Why.BAD_URI),
        ("https://host/p", Why.UNSUPPORTED_PROTOCOL),
        ("coaps://host/p", Why.UNSUPPORTED_PROTOCOL),
    ],
)
def test_a_uri_that_cannot_be_followed_says_why(uri: str, reason: Why) -> None:
    with pytest.raises(TransferFailed) as failure:
        check_uri(uri)
    assert failure.value.why is reason


def test_a_coap_uri_is_followed() -> None:
    check_uri("coap://[2001:db8::1]:5683/p/token")
