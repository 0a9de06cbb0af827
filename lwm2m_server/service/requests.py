"""Queued requests as they are shown and told of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import Resource

from ..protocol.operations import Operation
from ..protocol.queued_request import QueuedRequest
from .answers import Answer
from .errors import UnreadableAnswer
from .interpretation import answer_of
from .values import shown_values
from .views import ValueView

# Longer ones are read by the request's id: an event goes to whoever follows.
_LONGEST_TOLD: Final = 4096


@dataclass(frozen=True, slots=True)
class RequestView:
    """A queued request; times in seconds since the epoch.

    `paths` is what a composite operation is about. Once it is answered there is `code`, and
    what came along: `values`, `links` (attributes by path) or `created`, or in `reason` why
    there is nothing. A list leaves those three out: to read them takes time.
    """

    id: str
    endpoint: str
    operation: str
    path: Path
    paths: tuple[Path, ...]
    state: str
    attempts: int
    created_at: float
    expires_at: float
    finished_at: float | None
    code: str | None
    values: tuple[ValueView, ...]
    links: dict[str, dict[str, str | None]]
    created: Path | None
    reason: str | None

    @classmethod
    def of(cls, request: QueuedRequest, definitions: Definitions | None = None) -> "RequestView":
        """Return what is shown of a request, as in a list without the endpoint's `definitions`."""
        answer, reason = _read(request, definitions) if definitions else (None, request.reason)
        links = (answer.links if answer else None) or ()
        return cls(
            id=request.id,
            endpoint=request.endpoint,
            operation=type(request.operation).__name__,
            path=request.operation.path,
            paths=_paths(request.operation),
            state=request.state.value,
            attempts=request.attempts,
            created_at=request.created_at,
            expires_at=request.expires_at,
            finished_at=request.finished_at,
            code=request.response.code_text if request.response else None,
            values=tuple(_values(request, answer, definitions)) if answer and definitions else (),
            links={link.target: dict(link.attributes) for link in links},
            created=answer.created if answer else None,
            reason=reason,
        )


def answer_to(request: QueuedRequest, definitions: Definitions) -> Answer | None:
    """Return what was answered, typed; None where nothing was. Raises `UnreadableAnswer`."""
    if request.response is None:
        return None
    at = request.finished_at or 0.0
    return answer_of(request.root, request.operation, request.response, definitions, at)


def told(request: QueuedRequest, definitions: Definitions) -> dict[str, Any]:
    """Return the data of the event that tells how a request ended."""
    operation, response = request.operation, request.response
    data: dict[str, Any] = {
        "id": request.id,
        "operation": type(operation).__name__,
        "path": str(operation.path),
        "state": request.state.value,
        "code": response.code_text if response else None,
    }
    if paths := _paths(operation):
        data["paths"] = [str(path) for path in paths]
    if response is None or len(response.payload) > _LONGEST_TOLD:
        return data if request.reason is None else data | {"reason": request.reason}
    answer, reason = _read(request, definitions)
    if answer is not None and answer.created is not None:
        data["created"] = str(answer.created)
    if answer is not None and (values := list(_values(request, answer, definitions))):
        data["values"] = {str(value.path): value.value for value in values}
    return data if reason is None else data | {"reason": reason}


def _read(request: QueuedRequest, definitions: Definitions) -> tuple[Answer | None, str | None]:
    """Return the answer, and what is to be said where there is none, or none to read."""
    if request.reason is not None:
        return None, request.reason
    try:
        return answer_to(request, definitions), None
    except UnreadableAnswer as error:
        return None, str(error)


def _values(
    request: QueuedRequest, answer: Answer, definitions: Definitions
) -> Iterator[ValueView]:
    if answer.node is not None:
        yield from shown_values(request.operation.path, answer.node, definitions)
    for record in answer.records or ():
        if record.value is not None:
            one = Resource(record.path.parts[-1], record.value)
            yield from shown_values(record.path, one, definitions)


def _paths(operation: Operation) -> tuple[Path, ...]:
    return tuple(getattr(operation, "paths", ()))
