"""What Leshan's demo tells followers: registrations as they change, and what else happens.

Followers hold no queue: all read one ring of the latest, and what they tell is made into JSON
when it is read. Nothing is kept while nobody follows.
"""

import asyncio
import json
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

import structlog

from ...protocol.events import Event
from ...protocol.registration import Registration
from ...service.services import Services
from ...service.traffic import Traced
from ..streams import until
from . import coaplog, registrations
from .happenings import Happening, happening

_KEPT: Final = 4096

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Item:
    """One event: its number, its name, the endpoint it is of, and its data or what makes it."""

    number: int
    name: str
    endpoint: str
    _data: Callable[[], Any] | str

    def data(self) -> str:
        """Return the data as JSON, made once for all who read it."""
        if not isinstance(self._data, str):
            self._data = json.dumps(self._data(), ensure_ascii=False)
        return self._data


@dataclass(slots=True, eq=False, weakref_slot=True)
class Follower:
    """Somebody who reads on behind `number`, of one endpoint or of all."""

    endpoint: str | None
    number: int


class Feed:
    """One for each server; `RegistrationListener`, and reader of the event log."""

    def __init__(self, services: Services, stopping: asyncio.Event) -> None:
        self._services = services
        self._stopping = stopping
        self._ring: deque[Item] = deque(maxlen=_KEPT)
        self._number = 0
        self._followers: weakref.WeakSet[Follower] = weakref.WeakSet()
        self._more = asyncio.Event()
        self._log: asyncio.Task[None] | None = None

    def open(self, endpoint: str | None) -> tuple[Follower, Callable[[], Any]]:
        """Return a follower of what happens from now on, and what is to be called at its end.

        Who never reads, and is dropped, ends by that.
        """
        follower = Follower(endpoint, self._number)
        self._followers.add(follower)
        if self._log is None:
            unfollow = self._services.registrations.follow(self, self._ended)
            self._log = asyncio.create_task(self._read_log(self._services.events.last, unfollow))
        leave = partial(self._followers.discard, follower)
        if endpoint is None:
            return follower, leave
        # The watch must not outlive a follower, even one whose end nobody sees.
        stop = weakref.finalize(follower, self._services.traffic.watch(endpoint, self._traced))
        return follower, lambda: (leave(), stop())

    async def follow(self, follower: Follower) -> AsyncIterator[Item]:
        """Yield what a follower has not read yet, then what happens; skips what is lost."""
        while True:
            more = self._more
            for item in self._behind(follower.number):
                follower.number = item.number
                if follower.endpoint in {None, item.endpoint}:
                    yield item
            if follower.number == self._number:
                await more.wait()

    # --- RegistrationListener, ends, and messages -----------------------------------------

    def registered(self, registration: Registration) -> None:
        """Tell of a Register."""
        show = partial(registrations.shown, self._services, registration)
        self._publish("REGISTRATION", registration.endpoint, show)

    def updated(self, registration: Registration) -> None:
        """Tell of an Update."""
        show = partial(registrations.shown_update, self._services, registration)
        self._publish("UPDATED", registration.endpoint, show)

    def _ended(self, registration: Registration) -> None:
        show = partial(registrations.shown, self._services, registration)
        self._publish("DEREGISTRATION", registration.endpoint, show)

    def _traced(self, traced: Traced) -> None:
        self._publish("COAPLOG", traced.endpoint, partial(coaplog.to_json, traced))

    # --- inside -----------------------------------------------------------------------------

    def _publish(self, name: str, endpoint: str, data: Callable[[], Any]) -> None:
        self._number += 1
        self._ring.append(Item(self._number, name, endpoint, data))
        more, self._more = self._more, asyncio.Event()
        more.set()

    def _behind(self, number: int) -> list[Item]:
        if not self._ring:
            return []
        return list(islice(self._ring, max(0, number + 1 - self._ring[0].number), None))

    async def _read_log(self, after: int, leave: Callable[[], None]) -> None:
        """Take what the event log has for this feed, and `leave` once nobody follows."""
        try:
            async for event in until(self._stopping, self._services.events.follow(after)):
                if not self._followers:
                    return
                found = await self._happening(event)
                if found is not None:
                    name, data = found
                    self._publish(name, data["ep"], partial(dict, data))
        except Exception:  # noqa: BLE001 - nobody awaits this task
            _log.exception("followers are told of nothing but messages until another one comes")
        finally:
            leave()
            self._log = None

    async def _happening(self, event: Event) -> Happening | None:
        try:
            return await happening(event, self._services)
        except Exception:  # noqa: BLE001 - whatever is wrong with one event, others are told of
            _log.exception("an event was not told", event_id=event.id, kind=event.kind.value)
            return None
