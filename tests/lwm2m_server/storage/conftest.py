"""An empty database of either kind."""

import importlib
import sqlite3
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy

from tests.peers import absent

from . import postgres
from .places import Place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "100%" / "server.db"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sqlalchemy.URL]:
    """A server of PostgreSQL."""
    programs = postgres.folder_of_programs()
    if programs is None or find_spec("psycopg") is None:
        absent("not installed: PostgreSQL (postgresql), or the extra `postgres`")
    # Not pytest's folder: only its owner may enter that, and the path of a socket is short.
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        postgres.running(programs, Path(folder)) as url,
    ):
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.interop)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield Place(request.getfixturevalue("file"), sqlite3.IntegrityError)
        return
    server: sqlalchemy.URL = request.getfixturevalue("postgresql")
    refusal = importlib.import_module("psycopg").IntegrityError
    name = f"test_{uuid4().hex}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield Place(server.set(database=name), refusal)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()
