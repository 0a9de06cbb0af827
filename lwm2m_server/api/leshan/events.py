"""`/api/event`: what happens, as Server-Sent Events (`EventServlet` of Leshan's demo)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse

from ..streams import until
from .feed import Feed

router = APIRouter()

# Scripts give up on a stream that is silent for as long as their time-outs are, and look at
# the time when there is a line.
KEEP_ALIVE: Final = 3


@router.get("/event")
async def event(request: Request, ep: str | None = None) -> EventSourceResponse:
    """Follow what happens from now on, of all endpoints or, with `ep`, of one and its messages."""
    feed: Feed = request.app.state.leshan_feed
    stopping: asyncio.Event = request.app.state.stopping
    # At once: what happens before the first byte is read is not to be missed.
    follower, leave = feed.open(ep)

    async def told() -> AsyncIterator[dict[str, str]]:
        try:
            async for item in until(stopping, feed.follow(follower)):
                yield {"event": item.name, "data": item.data()}
        finally:
            leave()

    return EventSourceResponse(told(), ping=KEEP_ALIVE)
