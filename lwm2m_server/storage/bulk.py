"""Statements on many rows at once, as plain tuples: what a fleet writes all the time.

A statement for each row, though prepared once, would take and give back the
interpreter's lock for each; while the event loop is busy, each of those can wait for
`sys.getswitchinterval()`. So rows go by the hundred into one statement, and the
remainder by smaller ones, whose texts are few and stay prepared. They go to the driver's
cursor: what SQLAlchemy does about a statement takes as long as SQLite for five of these rows.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Table

Row = tuple[Any, ...]

# Of 12 columns: 6144 parameters, where SQLite takes 32766 and PostgreSQL 65535.
_SIZES: Final = (512, 256, 128, 64, 32, 16)


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, in the order of the table's columns, or replace those with their keys.

    No two rows may have one key.
    """
    for some in _parts(rows):
        text = _upsert(table, len(some), _mark(connection))
        _execute(connection, text, tuple(chain.from_iterable(some)))


def delete_keys(connection: Connection, table: Table, keys: Sequence[str]) -> None:
    """Delete the rows with these keys, as far as there are any."""
    for some in _parts(keys):
        text = _delete(table, len(some), _mark(connection))
        _execute(connection, text, tuple(some))


def _execute(connection: Connection, text: str, parameters: Row) -> None:
    """Run a statement; raises what the driver does."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
    finally:
        cursor.close()


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
    if start < len(rows):
        yield rows[start:]


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


@lru_cache(maxsize=128)
def _upsert(table: Table, number: int, mark: str) -> str:
    names = [f'"{column.name}"' for column in table.columns]
    keys = [f'"{column.name}"' for column in table.primary_key]
    row = f"({', '.join([mark] * len(names))})"
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return (
        f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES {", ".join([row] * number)}'  # noqa: S608 - names of our own tables
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


@lru_cache(maxsize=128)
def _delete(table: Table, number: int, mark: str) -> str:
    (key,) = table.primary_key
    marks = ", ".join([mark] * number)
    return f'DELETE FROM "{table.name}" WHERE "{key.name}" IN ({marks})'  # noqa: S608 - as above
