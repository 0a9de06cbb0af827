"""SQL behind the ports: SQLAlchemy asyncio, one writer, migrations at start."""

from pathlib import Path
from typing import Self


class Storage:
    """The database file and the repositories on it."""

    @classmethod
    async def open(cls, file: Path) -> Self:
        """Open or create the database and bring its schema up to date."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close all connections."""
        raise NotImplementedError
