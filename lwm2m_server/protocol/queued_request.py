"""A request that waits for an endpoint in queue mode to wake, as a value and a state machine.

It goes out in an awake window, and its outcome is one of the states in which it has ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from .errors import IllegalInput
from .operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Execute,
    Operation,
    Response,
    Write,
)
from .registration import EndpointName

MOST_ATTEMPTS: Final = 3
"""So often a request that may be repeated goes out, each time in another awake window."""


class RequestState(StrEnum):
    """How far a request is; the value is the name on the wire.

    `answered`: the endpoint has answered, be it with an error. `cancelled` and `expired`: it was
    never sent, or is known not to have been answered. `unanswered`: it went out `MOST_ATTEMPTS`
    times; to repeat it does no harm. `unknown`: it went out, and nobody knows whether the endpoint
    has carried it out; whoever asked decides.
    """

    QUEUED = "queued"
    SENT = "sent"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    UNKNOWN = "unknown"


class RequestInput(IntEnum):
    """What happens to a request.

    `NOT_SENT`: it was about to be, and nothing has left the server. What goes out and is not
    answered, whether by time-out or because the server died meanwhile, is `REPEAT`, `GIVE_UP` or
    `IN_DOUBT`, see `without_answer`.
    """

    SEND = 0
    ANSWER = 1
    NOT_SENT = 2
    REPEAT = 3
    GIVE_UP = 4
    IN_DOUBT = 5
    CANCEL = 6
    EXPIRE = 7


_CARRYING: Final = ("payload", "arguments")
_WAITING: Final = frozenset({RequestState.QUEUED, RequestState.SENT})

# What is on its way can be neither cancelled nor forgotten: it may be carried out.
TRANSITIONS: Final[Mapping[tuple[RequestState, RequestInput], RequestState]] = MappingProxyType(
    {
        (RequestState.QUEUED, RequestInput.SEND): RequestState.SENT,
        (RequestState.QUEUED, RequestInput.CANCEL): RequestState.CANCELLED,
        (RequestState.QUEUED, RequestInput.EXPIRE): RequestState.EXPIRED,
        (RequestState.SENT, RequestInput.ANSWER): RequestState.ANSWERED,
        (RequestState.SENT, RequestInput.NOT_SENT): RequestState.QUEUED,
        (RequestState.SENT, RequestInput.REPEAT): RequestState.QUEUED,
        (RequestState.SENT, RequestInput.GIVE_UP): RequestState.UNANSWERED,
        (RequestState.SENT, RequestInput.IN_DOUBT): RequestState.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One request; times are seconds since the epoch, `number` orders those of one time.

    Of `operations` the first is what is asked for; each other is tried where the endpoint
    refuses the content format of the one before, in the same awake window. `response` is there
    once it is answered, `reason` tells people of another end. `root` is the client's alternate
    path (§6.2.1) when it was sent, below which the answer's paths are.
    """

    id: str
    endpoint: EndpointName
    number: int
    operations: tuple[Operation, ...]
    created_at: float
    expires_at: float
    state: RequestState = RequestState.QUEUED
    attempts: int = 0
    finished_at: float | None = None
    response: Response | None = None
    reason: str | None = None
    root: str = "/"

    @property
    def operation(self) -> Operation:
        """What is asked for."""
        return self.operations[0]

    @property
    def waiting(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in _WAITING

    @property
    def size(self) -> int:
        """The bytes that it carries, be they a payload or the arguments of an Execute."""
        carried = (getattr(one, what, b"") for one in self.operations for what in _CARRYING)
        return sum(map(len, carried))


def step(
    request: QueuedRequest,
    event: RequestInput,
    now: float,
    *,
    response: Response | None = None,
    reason: str | None = None,
) -> QueuedRequest:
    """Return `request` after `event`; raises `IllegalInput` for what has no meaning in its state.

    `response` belongs to `ANSWER`.
    """
    state = TRANSITIONS.get((request.state, event))
    if state is None:
        raise IllegalInput(f"request {request.id} is {request.state.value}")
    attempts = request.attempts
    if event is RequestInput.SEND:
        attempts += 1
    elif event is RequestInput.NOT_SENT:
        attempts -= 1
    return replace(
        request,
        state=state,
        attempts=attempts,
        finished_at=None if state in _WAITING else now,
        response=response,
        reason=reason,
    )


def without_answer(request: QueuedRequest) -> RequestInput:
    """Return what it means that a request went out, and no answer came back.

    The endpoint may have carried it out, may do so yet, or never heard of it. What may be
    repeated without harm goes out again in a later awake window; an Execute, a Create and a
    partial Write would be done twice, so that they never do.
    """
    if not repeatable(request.operation):
        return RequestInput.IN_DOUBT
    return RequestInput.REPEAT if request.attempts < MOST_ATTEMPTS else RequestInput.GIVE_UP


def repeatable(operation: Operation) -> bool:
    """Whether an operation may be carried out twice: its method is idempotent (RFC 7252 §5.1).

    GET, PUT, DELETE, FETCH and iPATCH (RFC 8132 §1) are, POST is not: Execute, Create and a
    partial Write. A Delete that is repeated may be answered 4.04 because the first was carried out.
    """
    if isinstance(operation, Write):
        return operation.replace
    return not isinstance(operation, Execute | Create)


def asks_endpoint(operation: Operation) -> bool:
    """Whether an operation has to be sent: a passive cancel only forgets (RFC 7641 §3.6)."""
    if isinstance(operation, CancelObservation | CancelComposite):
        return bool(getattr(operation, "active", True))
    return True
