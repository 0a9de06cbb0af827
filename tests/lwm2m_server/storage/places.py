"""Databases that the laws of storage hold for."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from lwm2m_server.storage import Storage


@dataclass(frozen=True)
class Place:
    """Where storage is: opened as often as wanted, it is the same."""

    where: Path | sqlalchemy.URL
    refusal: type[Exception]

    async def open(self) -> Storage:
        if isinstance(self.where, sqlalchemy.URL):
            return await Storage.at(self.where)
        return await Storage.open(self.where)

    @property
    def url(self) -> sqlalchemy.URL:
        if isinstance(self.where, sqlalchemy.URL):
            return self.where
        return sqlalchemy.URL.create("sqlite", database=str(self.where))
