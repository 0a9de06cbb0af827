"""What happens, as Server-Sent Events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from .. import schemas
from ..deps import Limit, UseCases
from ..streams import until

router = APIRouter(prefix="/events", tags=["events"])

_KEEP_ALIVE = 15


@router.get("")
async def events(
    services: UseCases,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[schemas.Event]:
    """List stored events with an id above `after`, oldest first."""
    found = await services.events.recent(after, limit)
    return [schemas.Event.model_validate(event) for event in found]


@router.get("/last")
async def last(services: UseCases) -> schemas.LastEvent:
    """Tell the id of the latest event, above which all is that happens from now on."""
    return schemas.LastEvent(id=services.events.last)


@router.get("/stream")
async def stream(
    request: Request,
    services: UseCases,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Follow events; a client that comes back with Last-Event-ID misses none."""
    start = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    stopping: asyncio.Event = request.app.state.stopping

    async def follow() -> AsyncIterator[dict[str, str]]:
        async for event in until(stopping, services.events.follow(start)):
            shown = schemas.Event.model_validate(event)
            yield {
                "id": str(event.id),
                "event": event.kind.value,
                "data": shown.model_dump_json(),
            }

    return EventSourceResponse(follow(), ping=_KEEP_ALIVE)
