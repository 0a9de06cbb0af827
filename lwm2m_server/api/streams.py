"""What Server-Sent Events share: a follower must not hold the server up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

_T = TypeVar("_T")


async def until(stopping: asyncio.Event, items: AsyncIterator[_T]) -> AsyncIterator[_T]:
    """Yield items until the server stops."""
    stopped = asyncio.ensure_future(stopping.wait())
    upcoming: asyncio.Future[_T] | None = None
    try:
        while True:
            upcoming = asyncio.ensure_future(anext(items))
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
