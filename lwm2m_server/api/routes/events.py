"""What happens, as Server-Sent Events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from ...protocol.events import Event
from .. import schemas
from ..deps import Limit, UseCases

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
        async for event in _until(stopping, services.events.follow(start)):
            shown = schemas.Event.model_validate(event)
            yield {
                "id": str(event.id),
                "event": event.kind.value,
                "data": shown.model_dump_json(),
            }

    return EventSourceResponse(follow(), ping=_KEEP_ALIVE)


async def _until(stopping: asyncio.Event, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Yield events until the server stops: a follower must not hold it up."""
    stopped = asyncio.ensure_future(stopping.wait())
    upcoming: asyncio.Future[Event] | None = None
    try:
        while True:
            upcoming = asyncio.ensure_future(anext(events))
            await asyncio.wait({stopped, upcoming}, return_when=asyncio.FIRST_COMPLETED)
            if not upcoming.done():
                return
            yield upcoming.result()
    except StopAsyncIteration:
        return
    finally:
        for waiting in (stopped, upcoming):
            if waiting is not None and waiting.cancel():
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting
