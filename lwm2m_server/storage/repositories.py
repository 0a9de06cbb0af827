"""The repositories of `service.ports`, on one database."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, or_, select

from ..protocol.events import Event
from ..protocol.queued_request import QueuedRequest
from ..protocol.registration import EndpointName, Registration
from ..service.records import (
    DeploymentRecord,
    DeviceRecord,
    ObservedTarget,
    SealedConfiguration,
    SealedCredential,
)
from ..service.views import BuildView
from . import rows, tables
from .bulk import delete_keys, upsert_rows
from .database import Database

# SQLite knows no OFFSET without a LIMIT.
_ALL: Final = 2**31 - 1
# Rows are of one event or of hundreds: at first one is read, then twice as many, up to this.
_ROWS_OF_EVENTS: Final = 64


class Registrations:
    """Implements `RegistrationRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Registration]:
        """Return every stored registration."""
        found = await self._database.rows(select(tables.registrations))
        return [rows.registration_of(row) for row in found]

    async def write(self, put: Sequence[Registration], remove: Sequence[EndpointName]) -> None:
        """Insert or replace, and remove, by endpoint; all of it durable on return or none."""

        def work(connection: Connection) -> None:
            delete_keys(connection, tables.registrations, remove)
            made = [rows.registration_row(one) for one in put]
            upsert_rows(connection, tables.registrations, made)

        await self._database.write(work)


class Observations:
    """Implements `ObservationRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[EndpointName, tuple[ObservedTarget, ...]]:
        """Return what is observed, by endpoint."""
        found = await self._database.rows(select(tables.observations))
        return {row["endpoint"]: rows.observed_of(row) for row in found}

    async def write(self, endpoint: EndpointName, observed: Sequence[ObservedTarget]) -> None:
        """Keep what is observed of one endpoint, in place of what was; durable on return."""

        def work(connection: Connection) -> None:
            if observed:
                row = rows.observed_row(endpoint, observed)
                upsert_rows(connection, tables.observations, [row])
            else:
                delete_keys(connection, tables.observations, [endpoint])

        await self._database.write(work)


class Credentials:
    """Implements `CredentialRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SealedCredential]:
        """Return every credential, in the order of their ids."""
        query = select(tables.credentials).order_by(tables.credentials.c.id)
        return [rows.credential_of(row) for row in await self._database.rows(query)]

    async def write(self, put: Sequence[SealedCredential], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""

        def work(connection: Connection) -> None:
            delete_keys(connection, tables.credentials, remove)
            made = [rows.credential_row(one) for one in put]
            upsert_rows(connection, tables.credentials, made)

        await self._database.write(work)


class Configurations:
    """Implements `ConfigurationRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[SealedConfiguration]:
        """Return every configuration."""
        found = await self._database.rows(select(tables.configurations))
        return [SealedConfiguration(**row) for row in found]

    async def put(self, configuration: SealedConfiguration) -> None:
        """Insert or replace; durable on return."""
        row = {"name": configuration.name, "sealed": configuration.sealed}
        await self._database.put(tables.configurations, [row])

    async def remove(self, name: str) -> None:
        """Remove one, if it is there; durable on return."""

        def work(connection: Connection) -> None:
            delete_keys(connection, tables.configurations, [name])

        await self._database.write(work)


class Devices:
    """Implements `DeviceRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[DeviceRecord]:
        """Return every endpoint, by name."""
        query = select(tables.devices).order_by(tables.devices.c.endpoint)
        return [rows.device_of(row) for row in await self._database.rows(query)]

    async def write(self, devices: Sequence[DeviceRecord]) -> None:
        """Insert or replace, all of them durable on return or none."""

        def work(connection: Connection) -> None:
            upsert_rows(connection, tables.devices, [rows.device_row(one) for one in devices])

        await self._database.write(work)


class Builds:
    """Implements `BuildRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, limit: int) -> list[BuildView]:
        """Return builds, newest first."""
        query = select(tables.builds).order_by(tables.builds.c.created_at.desc()).limit(limit)
        return [rows.build_of(row) for row in await self._database.rows(query)]

    async def get(self, key: str) -> BuildView | None:
        """Return one build."""
        query = select(tables.builds).where(tables.builds.c.key == key)
        found = await self._database.rows(query)
        return rows.build_of(found[0]) if found else None

    async def put(self, build: BuildView) -> None:
        """Insert or replace."""
        await self._database.put(tables.builds, [rows.build_row(build)])


class Deployments:
    """Implements `DeploymentRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[DeploymentRecord]:
        """Return deployments, newest first."""
        table = tables.deployments
        query = select(table).order_by(table.c.created_at.desc()).limit(limit)
        if endpoint is not None:
            query = query.where(table.c.endpoint == endpoint)
        return [rows.deployment_of(row) for row in await self._database.rows(query)]

    async def unfinished(self) -> list[DeploymentRecord]:
        """Return those without an outcome, oldest first."""
        table = tables.deployments
        query = select(table).where(table.c.outcome.is_(None)).order_by(table.c.created_at)
        return [rows.deployment_of(row) for row in await self._database.rows(query)]

    async def get(self, deployment: str) -> DeploymentRecord | None:
        """Return one deployment."""
        query = select(tables.deployments).where(tables.deployments.c.id == deployment)
        found = await self._database.rows(query)
        return rows.deployment_of(found[0]) if found else None

    async def put(self, deployment: DeploymentRecord) -> None:
        """Insert or replace; durable on return."""
        await self._database.put(tables.deployments, [rows.deployment_row(deployment)])


class Requests:
    """Implements `RequestRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> list[QueuedRequest]:
        """Return those that have not ended, in the order in which they were asked for."""
        table = tables.requests
        query = select(table).where(table.c.finished_at.is_(None))
        query = query.order_by(table.c.created_at, table.c.number)
        return [rows.request_of(row) for row in await self._database.rows(query)]

    async def get(self, request: str) -> QueuedRequest | None:
        """Return one request."""
        query = select(tables.requests).where(tables.requests.c.id == request)
        found = await self._database.rows(query)
        return rows.request_of(found[0]) if found else None

    async def latest(self, endpoint: EndpointName | None, limit: int) -> list[QueuedRequest]:
        """Return requests, newest first."""
        table = tables.requests
        query = select(table).order_by(table.c.created_at.desc(), table.c.number.desc())
        if endpoint is not None:
            query = query.where(table.c.endpoint == endpoint)
        return [rows.request_of(row) for row in await self._database.rows(query.limit(limit))]

    async def write(self, put: Sequence[QueuedRequest], remove: Sequence[str]) -> None:
        """Remove by id, then insert or replace, all of it durable on return or none."""

        def work(connection: Connection) -> None:
            delete_keys(connection, tables.requests, remove)
            made = [rows.request_row(one) for one in put]
            upsert_rows(connection, tables.requests, made)

        await self._database.write(work)

    async def trim(self, keep: int, before: float) -> None:
        """Remove what ended before that time, and all that ended but the newest `keep`."""
        table = tables.requests
        ended = select(table.c.id).where(table.c.finished_at.is_not(None))
        surplus = ended.order_by(table.c.finished_at.desc()).limit(_ALL).offset(keep)
        old = delete(table).where(or_(table.c.finished_at < before, table.c.id.in_(surplus)))

        def work(connection: Connection) -> None:
            connection.execute(old)

        await self._database.write(work)


class Events:
    """Implements `EventRepository`: what is appended together is a row, and goes together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_id(self) -> int:
        """Return the highest id that is stored, 0 for none."""
        found = await self._database.rows(select(func.max(tables.events.c.last).label("last")))
        return int(found[0]["last"] or 0)

    async def append(self, events: Sequence[Event]) -> None:
        """Store events, at least one; their ids are given."""

        def work(connection: Connection) -> None:
            upsert_rows(connection, tables.events, [rows.events_row(events)])

        await self._database.note(work)

    async def after(self, event: int, limit: int) -> list[Event]:
        """Return events with an id above `event`, oldest first."""
        table, found, count = tables.events, list[Event](), 1
        while len(found) < limit:
            query = select(table).where(table.c.last > event).order_by(table.c.last)
            some = await self._database.rows(query.limit(count))
            if not some:
                break
            found += [one for row in some for one in rows.events_of(row) if one.id > event]
            event = some[-1]["last"]
            count = min(2 * count, _ROWS_OF_EVENTS)
        return found[:limit]

    async def trim(self, keep: int) -> None:
        """Remove all but the newest `keep` events, and those that were appended with them."""
        table = tables.events
        newest = select(func.max(table.c.last)).scalar_subquery()
        old = delete(table).where(table.c.last <= newest - keep)

        def work(connection: Connection) -> None:
            connection.execute(old)

        await self._database.note(work)
