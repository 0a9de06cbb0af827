"""The database: many readers, one writer, and a schema that is brought up to date at start."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Executable, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .errors import UnusableDatabase

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_MS: Final = 10_000
_READERS: Final = 4
_UPSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """Connections of two kinds: readers that never wait, and the one writer."""

    def __init__(self, reader: AsyncEngine, writer: AsyncEngine) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()

    @classmethod
    async def sqlite(cls, file: Path) -> "Database":
        """Open or create the file `file` and migrate it; raises `UnusableDatabase`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite+aiosqlite:///{file}"
        reader = create_async_engine(url, pool_size=_READERS)
        writer = create_async_engine(url, pool_size=1, max_overflow=0)
        _prepare(reader, "BEGIN")
        # IMMEDIATE: a transaction that will write says so, and waits its turn before it
        # reads; a deferred one would fail when it came to write after another did.
        _prepare(writer, "BEGIN IMMEDIATE")
        database = cls(reader, writer)
        try:
            async with database.write() as connection:
                await connection.run_sync(_migrate)
        except DatabaseError as error:
            await database.aclose()
            raise UnusableDatabase(file, str(error.orig)) from error
        return database

    async def aclose(self) -> None:
        """Close all connections."""
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction that is durable at the end of the block, or leaves no trace."""
        async with self._turn, self._writer.begin() as connection:
            yield connection

    async def rows(self, query: Executable) -> list[dict[str, Any]]:
        """Return what `query` finds."""
        async with self._reader.connect() as connection:
            return [row._asdict() for row in await connection.execute(query)]

    async def put(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert or replace `rows`, in a transaction of their own."""
        async with self.write() as connection:
            await upsert(connection, table, list(rows))


async def upsert(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert `rows` by primary key, or replace what has their keys."""
    if not rows:
        return
    statement: Any = _UPSERTS[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    others = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys
    }
    statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    await connection.execute(statement, [dict(row) for row in rows])


def _prepare(engine: AsyncEngine, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # The intent to Execute has to outlive a power cut, so every commit is synced.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _migrate(connection: Connection) -> None:
    config = Config()
    # Interpolation of ConfigParser: a percent sign in a path is written twice.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
