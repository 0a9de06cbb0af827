"""What operations on devices come back with, as this API tells it."""

from typing import Any, Final

from fastapi import Response
from fastapi.responses import JSONResponse

from objects.path import Path
from objects.registry import Registry as Definitions

from ..service.answers import Answer, Queued, Result
from ..service.errors import OperationRefused
from ..service.values import shown_records, shown_values
from . import schemas

Later = JSONResponse
"""202: the endpoint sleeps, and the outcome will be an event."""

MAY_WAIT: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": schemas.Waiting, "description": "The device sleeps: it is asked once it wakes."}
}


def accepted(result: Result, operation: str, path: Path) -> Answer | Later:
    """Return the answer of an endpoint that did as told, or how a queued request is told of.

    Raises `OperationRefused` for an answer that is an error.
    """
    if isinstance(result, Queued):
        return JSONResponse({"queued": result.id}, 202)
    if not result.ok:
        told = result.response
        raise OperationRefused(operation, path, told.code, told.payload)
    return result


def done(result: Result, operation: str, path: Path) -> Response:
    """Return 204 where the endpoint did as told, 202 where it will; raises as `accepted`."""
    answer = accepted(result, operation, path)
    return answer if isinstance(answer, Later) else Response(status_code=204)


def values(
    result: Result, operation: str, path: Path, definitions: Definitions
) -> list[schemas.Value] | Later:
    """Return the values that an endpoint answered with; raises as `accepted`."""
    answer = accepted(result, operation, path)
    if isinstance(answer, Later):
        return answer
    if answer.records is not None:
        shown = shown_records(answer.records, definitions)
    else:
        shown = [] if answer.node is None else shown_values(path, answer.node, definitions)
    return [schemas.Value.model_validate(value) for value in shown]
