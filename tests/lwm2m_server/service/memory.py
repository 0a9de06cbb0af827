"""Repositories in memory: they outlive a server, and take no time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lwm2m_server.protocol.events import Event
from lwm2m_server.protocol.queued_request import QueuedRequest
from lwm2m_server.protocol.registration import Registration
from lwm2m_server.service.records import (
    DeploymentRecord,
    DeviceRecord,
    ObservedTarget,
    SealedConfiguration,
    SealedCredential,
)
from lwm2m_server.service.views import BuildView


class InlineExecutor(ThreadPoolExecutor):
    """Runs what is submitted at once, so that threads take no time either."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


class MemoryRegistrations:
    def __init__(self) -> None:
        self.stored: dict[str, Registration] = {}
        self.writes = 0
        self.error: Exception | None = None

    async def all(self) -> list[Registration]:
        return list(self.stored.values())

    async def write(self, put: Sequence[Registration], remove: Sequence[str]) -> None:
        if self.error is not None:
            raise self.error
        self.writes += 1
        gone = {*remove, *(one.endpoint for one in put)}
        self.stored = {one.id: one for one in self.stored.values() if one.endpoint not in gone}
        self.stored.update({one.id: one for one in put})


class MemoryCredentials:
    def __init__(self) -> None:
        self.stored: dict[str, SealedCredential] = {}
        self.error: Exception | None = None

    async def all(self) -> list[SealedCredential]:
        return [self.stored[one] for one in sorted(self.stored)]

    async def write(self, put: Sequence[SealedCredential], remove: Sequence[str]) -> None:
        if self.error is not None:
            raise self.error
        for one in remove:
            self.stored.pop(one, None)
        self.stored.update({one.id: one for one in put})


class MemoryConfigurations:
    def __init__(self) -> None:
        self.stored: dict[str, SealedConfiguration] = {}

    async def all(self) -> list[SealedConfiguration]:
        return list(self.stored.values())

    async def put(self, configuration: SealedConfiguration) -> None:
        self.stored[configuration.name] = configuration

    async def remove(self, name: str) -> None:
        self.stored.pop(name, None)


class MemoryObservations:
    def __init__(self) -> None:
        self.stored: dict[str, tuple[ObservedTarget, ...]] = {}

    async def all(self) -> dict[str, tuple[ObservedTarget, ...]]:
        return dict(self.stored)

    async def write(self, endpoint: str, observed: Sequence[ObservedTarget]) -> None:
        self.stored[endpoint] = tuple(observed)
        if not observed:
            del self.stored[endpoint]


class MemoryDevices:
    def __init__(self) -> None:
        self.stored: dict[str, DeviceRecord] = {}

    async def all(self) -> list[DeviceRecord]:
        return list(self.stored.values())

    async def write(self, devices: Sequence[DeviceRecord]) -> None:
        self.stored.update({device.endpoint: device for device in devices})


class MemoryBuilds:
    def __init__(self) -> None:
        self.stored: dict[str, BuildView] = {}

    async def latest(self, limit: int) -> list[BuildView]:
        return list(self.stored.values())[::-1][:limit]

    async def get(self, key: str) -> BuildView | None:
        return self.stored.get(key)

    async def put(self, build: BuildView) -> None:
        self.stored[build.key] = build


class MemoryDeployments:
    """`step` is called around each write: that is where a process may die."""

    def __init__(self) -> None:
        self.stored: dict[str, DeploymentRecord] = {}
        self.step: Callable[[str], None] = lambda _what: None

    async def latest(self, endpoint: str | None, limit: int) -> list[DeploymentRecord]:
        found = [one for one in self.stored.values() if endpoint in {None, one.request.endpoint}]
        return found[::-1][:limit]

    async def unfinished(self) -> list[DeploymentRecord]:
        return [one for one in self.stored.values() if one.machine.outcome is None]

    async def get(self, deployment: str) -> DeploymentRecord | None:
        return self.stored.get(deployment)

    async def put(self, deployment: DeploymentRecord) -> None:
        self.step("before save")
        self.stored[deployment.id] = deployment
        self.step("after save")


class MemoryRequests:
    def __init__(self) -> None:
        self.stored: dict[str, QueuedRequest] = {}
        self.step: Callable[[str], None] = lambda _what: None
        self.error: Exception | None = None

    async def waiting(self) -> list[QueuedRequest]:
        found = [one for one in self.stored.values() if one.waiting]
        return sorted(found, key=lambda one: (one.created_at, one.number))

    async def get(self, request: str) -> QueuedRequest | None:
        return self.stored.get(request)

    async def latest(self, endpoint: str | None, limit: int) -> list[QueuedRequest]:
        found = [one for one in self.stored.values() if endpoint in {None, one.endpoint}]
        return sorted(found, key=lambda one: (one.created_at, one.number))[::-1][:limit]

    async def write(self, put: Sequence[QueuedRequest], remove: Sequence[str]) -> None:
        if self.error is not None:
            raise self.error
        for one in remove:
            self.stored.pop(one, None)
        self.stored.update({one.id: one for one in put})

    async def trim(self, keep: int, before: float) -> None:
        ended = [one for one in self.stored.values() if one.finished_at is not None]
        newest = sorted(ended, key=lambda one: one.finished_at or 0.0)[::-1][:keep]
        kept = {one.id for one in newest if (one.finished_at or 0.0) >= before}
        gone = {one.id for one in ended} - kept
        self.stored = {name: one for name, one in self.stored.items() if name not in gone}


class MemoryEvents:
    def __init__(self) -> None:
        self.stored: list[Event] = []
        self.error: Exception | None = None

    async def last_id(self) -> int:
        return self.stored[-1].id if self.stored else 0

    async def append(self, events: Sequence[Event]) -> None:
        if self.error is not None:
            raise self.error
        self.stored += events

    async def after(self, event: int, limit: int) -> list[Event]:
        return [one for one in self.stored if one.id > event][:limit]

    async def trim(self, keep: int) -> None:
        self.stored = self.stored[-keep:]


class Memory:
    """Implements `service.ports.Repositories`."""

    def __init__(self) -> None:
        self.registrations = MemoryRegistrations()
        self.observations = MemoryObservations()
        self.devices = MemoryDevices()
        self.builds = MemoryBuilds()
        self.deployments = MemoryDeployments()
        self.events = MemoryEvents()
        self.credentials = MemoryCredentials()
        self.requests = MemoryRequests()
        self.configurations = MemoryConfigurations()
