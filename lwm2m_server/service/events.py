"""The event log: bounded, lossless by id, followed by any number of readers."""

from collections.abc import AsyncIterator

from ..protocol.events import Event


class EventLog:
    """Implements `EventSink` for use-cases and `EventFeed` for the API.

    A follower that is slow costs no memory: it reads on from its last id, and
    skips only what the retention limit has removed meanwhile.
    """

    def emit(self, event: Event) -> None:
        """Take note; never blocks and never fails the caller."""
        raise NotImplementedError

    async def recent(self, after: int, limit: int) -> list[Event]:
        """Return stored events with an id above `after`, oldest first."""
        raise NotImplementedError

    def follow(self, after: int) -> AsyncIterator[Event]:
        """Yield stored events above `after`, then new ones as they happen."""
        raise NotImplementedError
