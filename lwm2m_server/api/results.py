"""What operations on devices come back with, as this API tells it."""

from fastapi.responses import JSONResponse

from objects.path import Path

from ..service.answers import Answer, Queued, Result
from ..service.errors import OperationRefused

Later = JSONResponse
"""202: the endpoint sleeps, and the outcome will be an event."""


def accepted(result: Result, operation: str, path: Path) -> Answer | Later:
    """Return the answer of an endpoint that did as told, or how a queued request is told of.

    Raises `OperationRefused` for an answer that is an error.
    """
    if isinstance(result, Queued):
        return JSONResponse({"queued": result.id}, 202)
    if not result.ok:
        raise OperationRefused(operation, path, result.response.code)
    return result
