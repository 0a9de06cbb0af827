"""What an object is made of, as its OMA object file says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag
from functools import total_ordering
from typing import Self

from .errors import InvalidDefinition, UnknownObject
from .value import ResourceType


class Operations(Flag):
    """What a server may do to a resource; the object file writes R, W, RW, E or nothing."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXECUTE = 4
    READ_WRITE = READ | WRITE


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """An object version, `1.1` (OMA LwM2M Core 1.1 §7.2.2); orders as numbers."""

    major: int = 1
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1.1`. Raises `InvalidDefinition`."""
        parts = text.split(".")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) <= 5 for p in parts):
            raise InvalidDefinition(f"{text[:20]!r} is no object version; write it as 1.1")
        return cls(int(parts[0]), int(parts[1]))

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return (self.major, self.minor) < (other.major, other.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class ResourceDefinition:
    """One resource of an object; `type` is None for a resource that is executed."""

    id: int
    name: str
    operations: Operations
    type: ResourceType | None
    multiple: bool
    mandatory: bool
    range: str = ""
    units: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ObjectDefinition:
    """An object and its resources by identifier; `urn` is empty where the file has none."""

    id: int
    name: str
    version: Version
    multiple: bool
    mandatory: bool
    urn: str = ""
    description: str = ""
    resources: Mapping[int, ResourceDefinition] = field(default_factory=dict)

    def resource(self, identifier: int) -> ResourceDefinition:
        """Return a resource. Raises `UnknownObject`."""
        try:
            return self.resources[identifier]
        except KeyError:
            raise UnknownObject(
                f"object {self.id} ({self.name}) {self.version} has no resource {identifier}"
            ) from None
