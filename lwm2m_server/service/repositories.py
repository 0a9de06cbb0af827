"""What the use-cases need of storage: Protocols that it implements."""

from collections.abc import Sequence
from typing import Protocol

from ..protocol.events import Event
from ..protocol.queued_request import QueuedRequest
from ..protocol.registration import EndpointName, Registration
from .records import (
    DeploymentRecord,
    DeviceRecord,
    ObservedTarget,
    SealedConfiguration,
    SealedCredential,
)
from .views import BuildView


class RegistrationRepository(Protocol):
    """Registrations as they survive a restart."""

    async def all(self) -> list[Registration]:
        """Return every stored registration."""
        ...

    async def write(self, put: Sequence[Registration], remove: Sequence[EndpointName]) -> None:
        """Insert or replace, and remove, by endpoint; all of it durable on return or none.

        No endpoint is told of twice.
        """
        ...


class DeviceRepository(Protocol):
    """What is known of endpoints, registered or not."""

    async def all(self) -> list[DeviceRecord]:
        """Return every endpoint, by name."""
        ...

    async def write(self, devices: Sequence[DeviceRecord]) -> None:
        """Insert or replace, all of them durable on return or none."""
        ...


class BuildRepository(Protocol):
    """Builds by key."""

    async def latest(self, limit: int) -> list[BuildView]:
        """Return builds, newest first."""
        ...

    async def get(self, key: str) -> BuildView | None:
        """Return one build."""
        ...

    async def put(self, build: BuildView) -> None:
        """Insert or replace."""
        ...


class DeploymentRepository(Protocol):
    """Deployments, machines included."""

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[DeploymentRecord]:
        """Return deployments, newest first."""
        ...

    async def unfinished(self) -> list[DeploymentRecord]:
        """Return those without an outcome."""
        ...

    async def get(self, deployment: str) -> DeploymentRecord | None:
        """Return one deployment."""
        ...

    async def put(self, deployment: DeploymentRecord) -> None:
        """Insert or replace; durable on return."""
        ...


class EventRepository(Protocol):
    """The event log as it survives a restart."""

    async def last_id(self) -> int:
        """Return the highest id ever stored, 0 for none."""
        ...

    async def append(self, events: Sequence[Event]) -> None:
        """Store events, at least one; their ids are given.

        They outlive the process, and a power cut from the next durable write on.
        """
        ...

    async def after(self, event: int, limit: int) -> list[Event]:
        """Return events with an id above `event`, oldest first."""
        ...

    async def trim(self, keep: int) -> None:
        """Remove all but the newest `keep` events, and those that were appended with them."""
        ...


class ObservationRepository(Protocol):
    """What operators observe."""

    async def all(self) -> dict[EndpointName, tuple[ObservedTarget, ...]]:
        """Return what is observed, by endpoint."""
        ...

    async def write(self, endpoint: EndpointName, observed: Sequence[ObservedTarget]) -> None:
        """Keep what is observed of one endpoint, in place of what was; durable on return."""
        ...


class CredentialRepository(Protocol):
    """Credentials, sealed: storage never sees a key."""

    async def all(self) -> list[SealedCredential]:
        """Return every credential, in the order of their ids."""
        ...

    async def write(self, put: Sequence[SealedCredential], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""
        ...


class ConfigurationRepository(Protocol):
    """Bootstrap configurations, sealed, by the name of whose they are."""

    async def all(self) -> list[SealedConfiguration]:
        """Return every configuration."""
        ...

    async def put(self, configuration: SealedConfiguration) -> None:
        """Insert or replace; durable on return."""
        ...

    async def remove(self, name: str) -> None:
        """Remove one, if it is there; durable on return."""
        ...


class RequestRepository(Protocol):
    """Requests that wait for endpoints in queue mode, and how they ended."""

    async def waiting(self) -> list[QueuedRequest]:
        """Return those that have not ended, in the order in which they were asked for."""
        ...

    async def get(self, request: str) -> QueuedRequest | None:
        """Return one request."""
        ...

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[QueuedRequest]:
        """Return requests, newest first."""
        ...

    async def write(self, put: Sequence[QueuedRequest], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""
        ...

    async def trim(self, keep: int, before: float) -> None:
        """Remove what ended before that time, and all that ended but the newest `keep`."""
        ...


class Repositories(Protocol):
    """Everything that storage offers."""

    @property
    def credentials(self) -> CredentialRepository:
        """The credentials."""
        ...

    @property
    def configurations(self) -> ConfigurationRepository:
        """The bootstrap configurations."""
        ...

    @property
    def registrations(self) -> RegistrationRepository:
        """The registrations."""
        ...

    @property
    def observations(self) -> ObservationRepository:
        """What operators observe."""
        ...

    @property
    def devices(self) -> DeviceRepository:
        """The endpoints."""
        ...

    @property
    def builds(self) -> BuildRepository:
        """The builds."""
        ...

    @property
    def deployments(self) -> DeploymentRepository:
        """The deployments."""
        ...

    @property
    def requests(self) -> RequestRepository:
        """The queued requests."""
        ...

    @property
    def events(self) -> EventRepository:
        """The event log."""
        ...
