"""Operators who ask everything of every endpoint that is registered, whatever comes back."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

from lwm2m_server.service.answers import Asking
from lwm2m_server.service.errors import ServiceError
from lwm2m_server.service.services import Services
from objects.attributes import NotificationAttributes
from objects.path import Path
from objects.tree import ObjectInstance, Resource

_AT_ONCE = 256
_BETWEEN = 0.002
# An operation has to end by itself, long before.
_PATIENCE = 60.0
_PATHS = tuple(map(Path.parse, ("/3/0", "/3", "/3/0/9", "/3/0/7/0", "/1/0/1", "/5/0/3", "/3303/0")))
_ASKING = Asking(timeout=1.0, patience=10.0)

Deed = Callable[[Services, str, random.Random], Awaitable[object]]

_DEEDS: tuple[Deed, ...] = (
    lambda all_, ep, draw: all_.management.read(ep, draw.choice(_PATHS), _ASKING),
    lambda all_, ep, draw: all_.management.observe(ep, draw.choice(_PATHS), _ASKING),
    lambda all_, ep, draw: all_.management.observe(ep, draw.choice(_PATHS), _ASKING),
    lambda all_, ep, draw: all_.management.cancel_observation(
        ep, draw.choice(_PATHS), active=draw.random() < 0.5, asking=_ASKING
    ),
    lambda all_, ep, draw: all_.management.read_composite(ep, draw.sample(_PATHS, 2), _ASKING),
    lambda all_, ep, draw: all_.management.observe_composite(ep, _PATHS[2:4], _ASKING),
    lambda all_, ep, draw: all_.management.cancel_composite(
        ep, _PATHS[2:4], active=draw.random() < 0.5, asking=_ASKING
    ),
    lambda all_, ep, draw: all_.management.write_composite(
        ep, {Path.parse("/1/0/1"): 60, Path.parse("/3/0/14"): "+02:00"}, _ASKING
    ),
    lambda all_, ep, draw: all_.management.write(
        ep, Path.parse("/3/0/14"), Resource(14, "+01:00"), asking=_ASKING
    ),
    lambda all_, ep, draw: all_.management.write(
        ep, Path.parse("/5/0/0"), Resource(0, bytes(3000)), asking=_ASKING
    ),
    lambda all_, ep, draw: all_.management.execute(ep, Path.parse("/3/0/4"), "0='x'", _ASKING),
    lambda all_, ep, draw: all_.management.create(
        ep, Path.parse("/3303"), ObjectInstance.of(7, [Resource(5701, "Cel")]), _ASKING
    ),
    lambda all_, ep, draw: all_.management.delete(ep, Path.parse("/3303/7"), _ASKING),
    lambda all_, ep, draw: all_.management.discover(ep, Path.parse("/3"), _ASKING),
    lambda all_, ep, draw: all_.management.write_attributes(
        ep, Path.parse("/3/0/9"), NotificationAttributes(pmin=1, pmax=10), _ASKING
    ),
    lambda all_, ep, draw: _triggered(all_, ep),
)


async def _triggered(services: Services, endpoint: str) -> None:
    """Trigger a bootstrap, for which an endpoint has minutes by itself."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await services.bootstrap.trigger(endpoint, 0)


class Operators:
    """So many at once; what a service may raise is what they expect, and nothing else."""

    def __init__(self, services: Services, seed: int) -> None:
        self._services = services
        self._random = random.Random(seed)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._group = asyncio.TaskGroup()
        self._stop = asyncio.Event()
        self.asked = self.answered = 0

    async def work(self) -> None:
        """Ask until `rest`; raises what is no `ServiceError`."""
        async with self._group as group:
            while not self._stop.is_set():
                await asyncio.sleep(_BETWEEN)
                registered = self._services.registrations.all()
                if registered:
                    await self._room.acquire()
                    deed = self._random.choice(_DEEDS)
                    group.create_task(self._one(deed, self._random.choice(registered).endpoint))

    def rest(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    async def _one(self, deed: Deed, endpoint: str) -> None:
        self.asked += 1
        try:
            with contextlib.suppress(ServiceError):
                async with asyncio.timeout(_PATIENCE):
                    await deed(self._services, endpoint, self._random)
                self.answered += 1
        finally:
            self._room.release()
