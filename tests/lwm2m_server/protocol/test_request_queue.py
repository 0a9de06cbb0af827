"""Queues are first in, first out, within their bounds, whatever is added and ends."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lwm2m_server.protocol.errors import QueueFull
from lwm2m_server.protocol.operations import Execute, Read, Write
from lwm2m_server.protocol.queued_request import QueuedRequest, RequestInput, step
from lwm2m_server.protocol.request_queue import QueueBounds, RequestQueues
from objects.path import Path

PATH = Path(3, 0, 14)
BOUNDS = QueueBounds(per_endpoint=3, size_per_endpoint=50, in_all=5, size_in_all=90)


def made(
    number: int, endpoint: str = "a", size: int = 0, expires_at: float = 60.0
) -> QueuedRequest:
    write, execute = Write(PATH, bytes(size), 0), Execute(PATH, "0" * size)
    operation = (write if number % 2 else execute) if size else Read(PATH)
    return QueuedRequest(f"q{number}", endpoint, number, (operation,), 0.0, expires_at)


class Queues(RuleBasedStateMachine):
    """`RequestQueues` beside one list for all."""

    def __init__(self) -> None:
        super().__init__()
        self.queues = RequestQueues(BOUNDS)
        self.model: list[QueuedRequest] = []
        self.number = 0
        self.now = 0.0

    @rule(
        endpoint=st.sampled_from("abc"),
        size=st.integers(0, 40),
        patience=st.integers(1, 50),
    )
    def add(self, endpoint: str, size: int, patience: int) -> None:
        self.number += 1
        request = made(self.number, endpoint, size, self.now + patience)
        own = [one for one in self.model if one.endpoint == endpoint]
        fits = (
            len(own) < BOUNDS.per_endpoint
            and sum(one.size for one in own) + size <= BOUNDS.size_per_endpoint
            and len(self.model) < BOUNDS.in_all
            and sum(one.size for one in self.model) + size <= BOUNDS.size_in_all
        )
        if fits:
            self.queues.add(request)
            self.model.append(request)
        else:
            with pytest.raises(QueueFull, match="at most"):
                self.queues.add(request)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), event=st.sampled_from(RequestInput))
    def happens(self, data: st.DataObject, event: RequestInput) -> None:
        request = data.draw(st.sampled_from(self.model))
        try:
            after = step(request, event, self.now)
        except Exception:  # noqa: BLE001 - the table has its own test
            return
        self.queues.put(after)
        at = self.model.index(request)
        self.model[at : at + 1] = [after] if after.waiting else []

    @rule(seconds=st.integers(0, 40))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        due = self.queues.expired(self.now)
        wanted = [
            one for one in self.model if one.state.value == "queued" and one.expires_at <= self.now
        ]
        assert {one.id for one in due} == {one.id for one in wanted}
        for one in due:
            self.queues.put(step(one, RequestInput.EXPIRE, self.now))
            self.model.remove(one)

    @invariant()
    def same(self) -> None:
        assert len(self.queues) == len(self.model)
        assert set(self.queues.endpoints) == {one.endpoint for one in self.model}
        for endpoint in "abc":
            own = [one for one in self.model if one.endpoint == endpoint]
            assert self.queues.first(endpoint) == (own[0] if own else None)
            assert (endpoint in self.queues) == bool(own)
        for one in self.model:
            assert self.queues.get(one.id) == one
        queued = [one.expires_at for one in self.model if one.state.value == "queued"]
        assert self.queues.next_expiry() == min(queued, default=None)


TestQueues = Queues.TestCase
TestQueues.settings = settings(max_examples=60, stateful_step_count=30)


@pytest.mark.parametrize(
    ("bounds", "there", "one_more", "words"),
    [
        (QueueBounds(per_endpoint=1), made(1), made(2), "at most 1 requests wait for a"),
        (QueueBounds(size_per_endpoint=9), made(1, size=5), made(2, size=5), "9 bytes wait for a"),
        (QueueBounds(in_all=1), made(1), made(2, "b"), "1 requests wait for all endpoints"),
        (QueueBounds(size_in_all=9), made(1, size=5), made(2, "b", 5), "9 bytes wait for all"),
    ],
)
def test_a_full_queue_says_which_bound_and_what_to_do(
    bounds: QueueBounds, there: QueuedRequest, one_more: QueuedRequest, words: str
) -> None:
    queues = RequestQueues(bounds)
    queues.add(there)
    with pytest.raises(QueueFull, match=rf"{words}.*; cancel some, or try again later"):
        queues.add(one_more)


def test_what_comes_and_goes_leaves_nothing_behind() -> None:
    queues = RequestQueues()
    for number in range(10_000):
        queues.add(made(number, expires_at=1e9))
        queues.put(step(made(number), RequestInput.CANCEL, 1.0))
    assert len(queues._expiries) < 200
    assert queues.next_expiry() is None
