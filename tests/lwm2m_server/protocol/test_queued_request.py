"""A request that waits ends once, and what would do it twice goes out once."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwm2m_server.protocol.errors import IllegalInput
from lwm2m_server.protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)
from lwm2m_server.protocol.queued_request import (
    MOST_ATTEMPTS,
    TRANSITIONS,
    QueuedRequest,
    RequestInput,
    RequestState,
    asks_endpoint,
    repeatable,
    step,
    without_answer,
)
from objects.attributes import NotificationAttributes
from objects.path import Path

PATH = Path(3, 0, 14)
ONCE: tuple[Operation, ...] = (
    Execute(Path(3, 0, 4)),
    Create(Path(3303), b"x", 112),
    Write(Path(3, 0), b"x", 112, replace=False),
)
AGAIN: tuple[Operation, ...] = (
    Read(PATH),
    Discover(PATH),
    Write(PATH, b"+01", 0),
    WriteAttributes(PATH, NotificationAttributes(pmin=1)),
    Delete(Path(3303, 0)),
    Observe(PATH),
    CancelObservation(PATH),
    ReadComposite((PATH,), b"x", 112),
    WriteComposite(b"x", 112),
    ObserveComposite((PATH,), b"x", 112),
    CancelComposite((PATH,), b"x", 112),
)
ANSWER = Response(0x45)


def made(
    operation: Operation = AGAIN[0], state: RequestState = RequestState.QUEUED
) -> QueuedRequest:
    return QueuedRequest("q1", "dev", 1, (operation,), 0.0, 60.0, state)


@pytest.mark.parametrize(("state", "event"), list(product(RequestState, RequestInput)))
def test_every_pair_is_in_the_table_or_refused(state: RequestState, event: RequestInput) -> None:
    request = made(state=state)
    if (state, event) not in TRANSITIONS:
        with pytest.raises(IllegalInput, match=state.value):
            step(request, event, 1.0)
        return
    after = step(request, event, 1.0)
    assert request.waiting, "what has ended has ended"
    assert (after.finished_at is None) == after.waiting
    assert after != request


def test_operations_that_may_be_repeated_are_told_from_those_that_may_not() -> None:
    assert not any(repeatable(operation) for operation in ONCE)
    assert all(repeatable(operation) for operation in AGAIN)
    known = {type(operation) for operation in (*ONCE, *AGAIN)}
    assert known == set(Operation.__args__)


def test_only_a_passive_cancel_asks_nobody() -> None:
    assert all(asks_endpoint(operation) for operation in (*ONCE, *AGAIN))
    assert not asks_endpoint(CancelObservation(PATH, active=False))
    assert not asks_endpoint(CancelComposite((PATH,), b"x", 112, active=False))


@given(
    st.sampled_from((*ONCE, *AGAIN)),
    st.lists(st.sampled_from([*RequestInput, None]), max_size=30),
)
def test_whatever_happens_it_ends_once_and_is_done_once(
    operation: Operation, story: list[RequestInput | None]
) -> None:
    """None is that no answer came, or that the server died; the rest is as it says."""
    request, left, ends = made(operation), 0, 0
    lost = {RequestInput.REPEAT, RequestInput.GIVE_UP, RequestInput.IN_DOUBT}
    for told in story:
        event = without_answer(request) if told is None else told
        if told in lost or (request.state, event) not in TRANSITIONS:
            continue
        after = step(request, event, 1.0, response=ANSWER if event is RequestInput.ANSWER else None)
        left += event is RequestInput.SEND
        left -= event is RequestInput.NOT_SENT
        ends += not after.waiting
        assert after.attempts == left <= MOST_ATTEMPTS
        assert (after.response is ANSWER) == (after.state is RequestState.ANSWERED)
        request = after
    assert ends == (not request.waiting)
    if not repeatable(operation):
        assert left <= 1
        assert request.state is not RequestState.UNANSWERED
    else:
        assert request.state is not RequestState.UNKNOWN


def test_what_may_be_repeated_is_given_up_after_so_many_windows() -> None:
    request = made(Read(PATH))
    for _ in range(MOST_ATTEMPTS):
        assert request.state is RequestState.QUEUED
        request = step(request, RequestInput.SEND, 1.0)
        request = step(request, without_answer(request), 1.0, reason="no answer")
    assert (request.state, request.reason) == (RequestState.UNANSWERED, "no answer")
