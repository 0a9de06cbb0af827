"""The object definitions that are known, and how they are found.

The XML files beside this module are the objects that come with TinyMLaaS: in
the OMA form, with descriptions of our own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as Folder
from typing import Self

from ..definition import ObjectDefinition, ResourceDefinition, Version
from ..errors import UnknownObject
from ..path import Path


@dataclass(frozen=True)
class Registry:
    """Definitions by object and version; a value: what adds to it returns a new one."""

    definitions: Mapping[tuple[int, Version], ObjectDefinition] = field(default_factory=dict)

    @classmethod
    def of(cls, definitions: Iterable[ObjectDefinition]) -> Self:
        """Return a registry of `definitions`; of two for one version the later one stands."""
        raise NotImplementedError

    @classmethod
    def standard(cls) -> "Registry":
        """Return Objects 0, 1, 3, 4, 5, 9, 26241 and 26242, read once."""
        raise NotImplementedError

    def load_folder(self, folder: Folder) -> "Registry":
        """Return this registry and every `*.xml` of `folder`. Raises `InvalidDefinition`."""
        raise NotImplementedError

    def with_versions(self, versions: Iterable[tuple[int, str]]) -> "Registry":
        """Return a registry that prefers the object versions an endpoint registered with."""
        raise NotImplementedError

    def object(self, identifier: int, version: Version | None = None) -> ObjectDefinition:
        """Return an object, without a version the newest. Raises `UnknownObject`."""
        raise NotImplementedError

    def resource(self, path: Path) -> ResourceDefinition:
        """Return the definition of the resource at or above `path`. Raises `UnknownObject`."""
        raise NotImplementedError

    def find_resource(self, path: Path) -> ResourceDefinition | None:
        """Return the definition of the resource at or above `path`, None where there is none."""
        raise NotImplementedError

    def path(self, slug: str) -> Path:
        """Return the path of `device/firmware-version` or `device`. Raises `UnknownObject`."""
        raise UnknownObject(slug)
