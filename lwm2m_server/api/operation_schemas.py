"""What operations on devices carry over HTTP."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from objects.attributes import NotificationAttributes
from objects.path import LARGEST_ID, Path

from ..service.services import Services
from .deps import path_of


class NewInstance(BaseModel):
    """What to create: `{"id": value}` by resource; without an id the device chooses one."""

    model_config = ConfigDict(json_schema_extra={"example": {"values": {"1": 300}}})

    id: int | None = Field(default=None, ge=0, le=LARGEST_ID)
    values: dict[str, Any]


class Created(BaseModel):
    """Where a new instance is, as far as the device says it."""

    path: str | None


class Link(BaseModel):
    """One line of a Discover: a path, and the attributes that are set there."""

    path: str
    attributes: dict[str, str | None]


class NewAttributes(BaseModel):
    """Attributes to set (OMA LwM2M Core 1.2, Table 7.3); null takes one away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"pmin": 10, "st": 1}})

    pmin: int | None = None
    pmax: int | None = None
    gt: float | None = None
    lt: float | None = None
    st: float | None = None
    epmin: int | None = None
    epmax: int | None = None
    edge: bool | None = None
    con: bool | None = None
    hqmax: int | None = None

    def attributes(self) -> NotificationAttributes:
        """Return the same as a value; raises `InvalidAttribute`."""
        told = self.model_dump(exclude_none=True)
        return NotificationAttributes(**told, unset=frozenset(self.model_fields_set - set(told)))


class Observed(BaseModel):
    """What is observed: one path, or several as one."""

    paths: list[str]
    composite: bool


class Paths(BaseModel):
    """The paths of a composite operation, in their order."""

    model_config = ConfigDict(json_schema_extra={"example": {"paths": ["/3/0/9", "/1/0/1"]}})

    paths: list[str]

    def parsed(self, services: Services, endpoint: str) -> tuple[Path, ...]:
        """Return them as values; raises as `path_of` does."""
        return tuple(path_of(services, endpoint, path) for path in self.paths)


class NewValues(BaseModel):
    """What a composite write carries: by path, as a write of that path would have it."""

    model_config = ConfigDict(json_schema_extra={"example": {"values": {"/1/0/1": 300}}})

    values: dict[str, Any]
