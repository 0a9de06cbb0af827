"""Making many small changes durable together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class GroupCommit(Generic[K, V]):
    """Collects changes (a value, or None to remove) and writes them in one go.

    A write takes all that was added in the same turn of the loop; what is added
    while it runs goes with the next one, so that the group grows with the load.
    """

    def __init__(self, write: Callable[[Mapping[K, V | None]], Awaitable[None]]) -> None:
        self._write = write
        self._pending: dict[K, V | None] = {}
        self._durable: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def put(self, key: K, value: V | None) -> asyncio.Future[None]:
        """Add a change; the result is done once it is durable, or fails as the write did.

        It is shared by the whole group: who awaits it does so through `asyncio.shield`.
        """
        self._pending[key] = value
        return self._durable or self._begin()

    def add(self, changes: Mapping[K, V | None]) -> asyncio.Future[None]:
        """Add many changes as `put` does."""
        self._pending.update(changes)
        return self._durable or self._begin()

    async def drain(self) -> None:
        """Return once everything added is written."""
        if self._durable is not None:
            await asyncio.shield(self._durable)
        elif self._task is not None:
            await asyncio.shield(self._task)

    def _begin(self) -> asyncio.Future[None]:
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Somebody may add what nobody waits for; a failed write is then no news to them.
        durable.add_done_callback(_looked_at)
        self._durable = durable
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return durable

    async def _run(self) -> None:
        # A task begins in the next turn of the loop: the rest of this one has come along.
        while self._durable is not None:
            changes, self._pending = self._pending, {}
            durable, self._durable = self._durable, None
            try:
                await self._write(changes)
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                # Kept for the next write, unless changed since: a removal that were
                # forgotten here would stand in the way of what took its place.
                self._pending = {**changes, **self._pending}
                durable.set_exception(error)
            else:
                durable.set_result(None)
        self._task = None


def _looked_at(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()
