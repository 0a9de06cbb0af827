"""What lives long is visited once; what is garbage is found, at the latest by a thaw."""

import gc
from dataclasses import dataclass, field

import pytest

from lwm2m_server.garbage import COUNT_EVERY, LONG, WORK, Garbage


@dataclass
class FakeCollector:
    """Counts objects as `gc` does; a collection takes a microsecond for each that it visits."""

    time: float = 0.0
    seen: int = 100_000
    garbage: int = 0
    frozen: int = 0
    hidden: int = 0  # garbage that is frozen
    worked: float = 0.0
    longest: float = 0.0
    thresholds: tuple[int, int, int] = (700, 10, 10)
    log: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.time

    def collect(self, generation: int = 2) -> int:
        took = self.seen * 1e-6
        self.time += took
        self.longest = max(self.longest, took)
        self.seen -= self.garbage
        self.garbage = 0
        self.log.append("collect")
        return 0

    def get_threshold(self) -> tuple[int, int, int]:
        return self.thresholds

    def set_threshold(self, young: int, middle: int, old: int, /) -> None:
        self.thresholds = (young, middle, old)

    def freeze(self) -> None:
        self.frozen, self.hidden = self.frozen + self.seen, self.hidden + self.garbage
        self.seen = self.garbage = 0

    def unfreeze(self) -> None:
        self.seen, self.garbage = self.seen + self.frozen, self.garbage + self.hidden
        self.frozen = self.hidden = 0
        self.log.append("thaw")

    def get_freeze_count(self) -> int:
        return self.frozen

    def grow(self, by: int) -> None:
        self.seen += by
        self.worked += WORK


@pytest.fixture
def fake() -> FakeCollector:
    return FakeCollector()


def started(fake: FakeCollector) -> Garbage:
    garbage = Garbage(fake, fake.clock, lambda: fake.worked)
    garbage._thaw()
    fake.longest = 0.0
    fake.log.clear()
    return garbage


def test_a_growing_fleet_is_visited_once(fake: FakeCollector) -> None:
    garbage = started(fake)
    for _ in range(100):
        fake.grow(10_000)
        garbage.look()
    assert fake.frozen + fake.seen == 100_000 + 100 * 10_000
    assert fake.seen <= 20_000
    assert fake.longest < 0.021
    assert "thaw" not in fake.log


def test_where_nothing_grows_garbage_is_found_and_nothing_frozen(fake: FakeCollector) -> None:
    garbage = started(fake)
    frozen = fake.frozen
    for _ in range(1000):
        fake.grow(900)
        fake.garbage += 900
        garbage.look()
    assert fake.seen == fake.garbage == 0
    assert fake.frozen == frozen
    assert fake.longest < LONG


def test_without_work_nothing_is_done(fake: FakeCollector) -> None:
    garbage = started(fake)
    fake.worked += 0.9 * WORK
    garbage.look()
    assert fake.log == []
    fake.worked += 0.2 * WORK
    garbage.look()
    garbage.look()
    assert fake.log == ["collect"]


def test_frozen_garbage_is_bounded_by_what_lives(fake: FakeCollector) -> None:
    garbage = started(fake)
    for _ in range(1000):
        fake.grow(20_000)
        garbage.look()
        fake.hidden += 20_000  # all of it is garbage, once frozen
        fake.time += COUNT_EVERY / 50
    assert fake.log.count("thaw") in range(5, 20)
    # What comes in between two counts is added to the bound.
    assert fake.frozen + fake.seen <= 2 * 100_000 + 1_000_000 + 51 * 20_000


async def test_the_interpreter_is_left_as_it_was() -> None:
    before = gc.get_threshold()
    garbage = Garbage()
    garbage.start()
    try:
        assert gc.get_threshold()[2] > 10**6
        assert gc.get_freeze_count() > 10_000
    finally:
        garbage.close()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
