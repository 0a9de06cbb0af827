"""Requests that wait for devices to wake: list, look up, cancel."""

from fastapi import APIRouter

from .. import schemas
from ..deps import Limit, UseCases

router = APIRouter(prefix="/requests", tags=["requests"])


@router.get("")
async def requests(
    services: UseCases, endpoint: str | None = None, limit: Limit = 100
) -> list[schemas.QueuedRequest]:
    """List the latest requests to devices that slept, newest first."""
    views = await services.queue.requests(endpoint, limit)
    return [schemas.QueuedRequest.model_validate(view) for view in views]


@router.get("/{request}")
async def request(request: str, services: UseCases) -> schemas.RequestOutcome:
    """Show one request, and how it ended."""
    return schemas.RequestOutcome.model_validate(await services.queue.request(request))


@router.post("/{request}/cancel")
async def cancel(request: str, services: UseCases) -> schemas.QueuedRequest:
    """Take a request out of the queue, as long as it was not sent."""
    return schemas.QueuedRequest.model_validate(await services.queue.cancel(request))
