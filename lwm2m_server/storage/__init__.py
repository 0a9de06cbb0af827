"""SQL behind the ports: SQLAlchemy asyncio, one writer, migrations at start."""

from pathlib import Path
from typing import Self

from sqlalchemy import URL

from .database import Database
from .errors import UnusableDatabase
from .repositories import (
    Builds,
    Configurations,
    Credentials,
    Deployments,
    Devices,
    Events,
    Observations,
    Registrations,
    Requests,
)

__all__ = ["Storage", "UnusableDatabase"]


class Storage:
    """The database file and the repositories on it; implements `service.ports.Repositories`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.registrations = Registrations(database)
        self.observations = Observations(database)
        self.devices = Devices(database)
        self.builds = Builds(database)
        self.deployments = Deployments(database)
        self.events = Events(database)
        self.credentials = Credentials(database)
        self.requests = Requests(database)
        self.configurations = Configurations(database)

    @classmethod
    async def open(cls, file: Path) -> Self:
        """Open or create the database and migrate it; raises `UnusableDatabase`."""
        return cls(await Database.sqlite(file))

    @classmethod
    async def at(cls, url: URL) -> Self:
        """Use and migrate a database of PostgreSQL; needs the extra `postgres`."""
        return cls(await Database.postgresql(url))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._database.aclose()
