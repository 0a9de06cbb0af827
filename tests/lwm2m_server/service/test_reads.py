"""However many devices register, so many are read at once, and the silent keep nobody waiting."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from lwm2m_server.service.reads import LONG_PAUSE, MANY, PAUSE, PROMPT, Reads

from .world import FakeClock, settle


class Devices:
    """Devices that answer when they are told to."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.begun: list[str] = []
        self.answers: dict[str, asyncio.Event] = {}
        self.reads = Reads(self._read, self.clock, most=3, late=4, pace=4)

    async def _read(self, endpoint: str) -> None:
        self.begun.append(endpoint)
        answer = self.answers[endpoint] = asyncio.Event()
        await answer.wait()

    async def answer(self, *endpoints: str) -> None:
        for endpoint in endpoints:
            self.answers[endpoint].set()
        await settle()

    async def go_on(self) -> None:
        """Let more reads begin."""
        self.clock.pass_until(self.clock.time + PAUSE)
        await settle()


@pytest.fixture
async def devices() -> AsyncIterator[Devices]:
    one = Devices()
    yield one
    await one.reads.aclose()


async def test_so_many_are_read_at_once_in_the_order_they_asked(devices: Devices) -> None:
    for endpoint in "abcdefg":
        devices.reads.ask(endpoint)
    await settle()
    assert devices.begun == ["a", "b", "c"]
    await devices.answer("b")
    assert devices.begun == ["a", "b", "c", "d"]
    await devices.go_on()
    await devices.answer("a", "c", "d")
    assert devices.begun == list("abcdefg")


async def test_no_more_begin_than_may_however_fast_devices_answer(devices: Devices) -> None:
    asked = [str(number) for number in range(3 * 4)]
    for endpoint in asked:
        devices.reads.ask(endpoint)
    for turn in range(1, 4):
        for _ in range(10):
            await settle()
            await devices.answer(*devices.begun)
        assert devices.begun == asked[: turn * 4]
        await devices.go_on()
    assert devices.begun == asked


async def test_while_many_register_reads_begin_seldom(devices: Devices) -> None:
    for number in range(2 * int(MANY * PAUSE)):
        devices.reads.ask(str(number))

    async def pass_and_answer(seconds: float) -> int:
        devices.clock.pass_until(devices.clock.time + seconds)
        for _ in range(3):
            await settle()
            await devices.answer(*devices.begun)
        return len(devices.begun)

    assert await pass_and_answer(0.0) == 4
    assert await pass_and_answer(PAUSE) == 8
    assert await pass_and_answer(LONG_PAUSE - 2 * PAUSE) == 8, "so many have asked meanwhile"
    assert await pass_and_answer(2.5 * PAUSE) == 12
    assert await pass_and_answer(PAUSE) == 16, "nobody asks any more"


async def test_whoever_asks_twice_is_read_once(devices: Devices) -> None:
    for endpoint in "abcdddd":
        devices.reads.ask(endpoint)
    await settle()
    await devices.answer("a", "b", "c")
    assert devices.begun == list("abcd")


async def test_who_asks_while_it_is_read_is_read_once_more(devices: Devices) -> None:
    devices.reads.ask("a")
    await settle()
    for _ in range(5):
        devices.reads.ask("a")
    await settle()
    assert devices.begun == ["a"]
    await devices.answer("a")
    assert devices.begun == ["a", "a"]
    await devices.answer("a")
    assert "a" not in devices.reads


async def test_the_silent_keep_nobody_waiting_and_do_not_pile_up(devices: Devices) -> None:
    silent = [f"silent{n}" for n in range(30)]
    for endpoint in [*silent, "last"]:
        devices.reads.ask(endpoint)
    await settle()
    for _ in range(2 * 31):
        if "last" in devices.begun:
            break
        devices.clock.advance()
        await settle()
    assert devices.begun == [*silent, "last"]
    assert devices.clock.time <= 1000 + 11 * PROMPT + 31 * PAUSE
    under_way = [one for one in silent if one in devices.reads]
    assert len(under_way) <= 3 + 4
    assert under_way == silent[-len(under_way) :]


async def test_who_is_late_is_read_all_the_same(devices: Devices) -> None:
    devices.reads.ask("slow")
    await settle()
    devices.clock.advance()
    assert "slow" in devices.reads
    await devices.answer("slow")
    assert "slow" not in devices.reads


async def test_a_read_that_fails_is_told_and_makes_room() -> None:
    async def fail(endpoint: str) -> None:
        raise OSError(endpoint)

    reads = Reads(fail, FakeClock(), most=1, pace=3)
    with capture_logs() as logs:
        for endpoint in "abc":
            reads.ask(endpoint)
        await settle()
    assert [entry["endpoint"] for entry in logs] == ["a", "b", "c"]
