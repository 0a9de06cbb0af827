"""Requests that wait, in memory and durable: their steps, their expiry, their ends."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ..protocol.operations import Response
from ..protocol.queued_request import (
    QueuedRequest,
    RequestInput,
    RequestState,
    step,
    without_answer,
)
from ..protocol.registration import EndpointName
from ..protocol.request_queue import QueueBounds, RequestQueues
from .group_commit import GroupCommit
from .ports import Clock
from .repositories import RequestRepository

_TRIM_EVERY: Final = 256


class KeptRequests:
    """What waits, and for a while what has ended.

    `queues` is what waits by endpoint. `ended` is called with each request that has ended, once
    that is durable or its storage has failed.
    """

    def __init__(
        self,
        repository: RequestRepository,
        clock: Clock,
        bounds: QueueBounds,
        ended: Callable[[QueuedRequest], None],
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._bounds = bounds
        self._ended = ended
        self.queues = RequestQueues(bounds)
        self._commit: GroupCommit[str, QueuedRequest] = GroupCommit(self._write)
        self._number = 0
        self._untrimmed = 0
        self._expiry_at: float | None = None
        self._cancel_expiry: Callable[[], None] | None = None

    async def start(self) -> None:
        """Load what waits.

        What was on its way when the server died waits again, or ends as `unknown`.
        """
        for stored in await self._repository.waiting():
            self.queues.restore(stored)
            self._number = max(self._number, stored.number)
            if stored.state is RequestState.SENT:
                why = "the server was restarted before the endpoint had answered"
                self.step(stored, without_answer(stored), reason=why)
        await self._trim()
        self._look()

    async def aclose(self) -> None:
        """Write what is not yet written."""
        if self._cancel_expiry is not None:
            self._cancel_expiry()
        await self._commit.drain()

    def next_number(self) -> int:
        """Return a number above all others; it tells who came first."""
        self._number += 1
        return self._number

    async def add(self, request: QueuedRequest) -> None:
        """Append a request to its endpoint's queue, and return once that is durable.

        It is in the queue no more where this is cancelled. Raises `protocol.errors.QueueFull`.
        """
        self.queues.add(request)
        try:
            await asyncio.shield(self._commit.put(request.id, request))
        except BaseException:  # who gave up waiting is not told the id
            if self.queues.get(request.id) is request:
                self.queues.remove(request)
                self._commit.put(request.id, None)
            raise
        self._look()

    def put(self, request: QueuedRequest) -> asyncio.Future[None]:
        """Have a request as it is now, make it durable, and tell of its end after that."""
        self.queues.put(request)
        durable = self._commit.put(request.id, request)
        if not request.waiting:
            # Where storage failed, too: what has happened is told of.
            durable.add_done_callback(lambda _: self._ended(request))
        return durable

    def step(
        self,
        request: QueuedRequest,
        event: RequestInput,
        *,
        response: Response | None = None,
        reason: str | None = None,
    ) -> None:
        """Take a step that nobody waits for."""
        if response is not None and len(response.payload) > self._bounds.payload_kept:
            reason = f"the answer's {len(response.payload)} bytes were too many to be kept"
            response = replace(response, payload=b"")
        self.put(step(request, event, self._clock.now(), response=response, reason=reason))
        self._look()

    async def find(self, request_id: str) -> QueuedRequest | None:
        """Return a request, None for one that nobody knows, or that ended long ago."""
        found = self.queues.get(request_id) or await self._repository.get(request_id)
        return found if found is not None and self._readable(found) else None

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[QueuedRequest]:
        """Return the latest requests, newest first, without what was answered."""
        found = await self._repository.latest(endpoint, limit)
        current = (self.queues.get(one.id) or one for one in found)
        return [one for one in current if self._readable(one)]

    def _readable(self, request: QueuedRequest) -> bool:
        ended = request.finished_at
        return ended is None or ended + self._bounds.kept_for > self._clock.now()

    def _look(self) -> None:
        """See to it that the next expiry is not missed; one timer is for all."""
        at = self.queues.next_expiry()
        if at is None or (self._expiry_at is not None and self._expiry_at <= at):
            return
        if self._cancel_expiry is not None:
            self._cancel_expiry()
        self._expiry_at = at
        self._cancel_expiry = self._clock.call_at(at, self._expire)

    def _expire(self) -> None:
        self._expiry_at = self._cancel_expiry = None
        for request in self.queues.expired(self._clock.now()):
            waited = request.expires_at - request.created_at
            why = request.reason or f"the endpoint was not awake within {waited:.0f} s"
            self.step(request, RequestInput.EXPIRE, reason=why)
        self._look()

    async def _write(self, changes: Mapping[str, QueuedRequest | None]) -> None:
        put = [request for request in changes.values() if request is not None]
        remove = [one for one, request in changes.items() if request is None]
        await self._repository.write(put, remove)
        self._untrimmed += sum(not request.waiting for request in put)
        if self._untrimmed >= _TRIM_EVERY:
            self._untrimmed = 0
            await self._trim()

    async def _trim(self) -> None:
        before = self._clock.now() - self._bounds.kept_for
        await self._repository.trim(self._bounds.kept, before)
