"""The database: many readers, one writer, and a schema that is brought up to date at start."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, Executable, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .errors import UnusableDatabase

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_MS: Final = 10_000
_READERS: Final = 4
# The intent to Execute has to outlive a power cut: a commit is synced, unless it says otherwise.
_SYNCED: Final = "PRAGMA synchronous = FULL"
_UPSERTS: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """Connections of two kinds: readers that never wait, and the one writer.

    The writer has a thread of its own, and a transaction is one visit to it: with a
    hand-over for each statement, a small transaction would cost more in those than in SQL.
    It keeps its connection: to take one from the pool and give it back costs more than to
    commit a row.
    """

    def __init__(self, reader: AsyncEngine, writer: Engine) -> None:
        self._reader = reader
        self._writer = writer
        self._writing: Connection | None = None  # belongs to the thread
        self._thread = ThreadPoolExecutor(1, "database-writer")

    @classmethod
    async def sqlite(cls, file: Path) -> "Database":
        """Open or create the file `file` and migrate it; raises `UnusableDatabase`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        reader = create_async_engine(f"sqlite+aiosqlite:///{file}", pool_size=_READERS)
        writer = create_engine(f"sqlite:///{file}", pool_size=1, max_overflow=0)
        _prepare(reader.sync_engine, "BEGIN")
        # IMMEDIATE: a transaction that will write says so, and waits its turn before it
        # reads; a deferred one would fail when it came to write after another did.
        _prepare(writer, "BEGIN IMMEDIATE")
        database = cls(reader, writer)
        try:
            await database.write(migrate)
        except DatabaseError as error:
            await database.aclose()
            raise UnusableDatabase(file, str(error.orig)) from error
        return database

    @classmethod
    async def postgresql(cls, url: URL) -> "Database":
        """Migrate the database at `url` (`postgresql+psycopg`); raises `sqlalchemy.exc` errors."""
        database = cls(
            create_async_engine(url, pool_size=_READERS),
            create_engine(url, pool_size=1, max_overflow=0),
        )
        try:
            await database.write(migrate)
        except BaseException:
            await database.aclose()
            raise
        return database

    async def aclose(self) -> None:
        """Close all connections, once what is being written is."""
        await self._reader.dispose()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def write(self, work: Callable[[Connection], None]) -> None:
        """Run `work` in a transaction that is durable on return, or leaves no trace.

        It runs in the writer's thread, after those before it.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def note(self, work: Callable[[Connection], None]) -> None:
        """Run `work` in a transaction, or leave no trace, for what the next `write` makes durable.

        It outlives the process at once, and a power cut after that: nobody has to wait
        for the disk behind it.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._unsynced, work)

    async def rows(self, query: Executable) -> list[dict[str, Any]]:
        """Return what `query` finds."""
        async with self._reader.connect() as connection:
            return [row._asdict() for row in await connection.execute(query)]

    async def put(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert or replace `rows`, in a transaction of their own."""
        put = list(rows)
        await self.write(lambda connection: upsert(connection, table, put))

    def _transact(self, work: Callable[[Connection], None]) -> None:
        connection = self._connection()
        with connection.begin():
            work(connection)

    def _unsynced(self, work: Callable[[Connection], None]) -> None:
        if self._writer.dialect.name == "postgresql":
            self._transact(lambda connection: _without_waiting(connection, work))
            return
        cursor = self._connection().connection.cursor()
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            self._transact(work)
        finally:
            cursor.execute(_SYNCED)
            cursor.close()

    def _connection(self) -> Connection:
        if self._writing is None:
            self._writing = self._writer.connect()
        return self._writing

    def _close(self) -> None:
        if self._writing is not None:
            self._writing.close()
        self._writer.dispose()


def _without_waiting(connection: Connection, work: Callable[[Connection], None]) -> None:
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    work(connection)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
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
    connection.execute(statement, [dict(row) for row in rows])


def _prepare(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(_SYNCED)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the schema to a revision."""
    config = Config()
    # Interpolation of ConfigParser: a percent sign in a path is written twice.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
