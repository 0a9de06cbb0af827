"""The object definitions that are known, and how they are found.

The XML files beside this module are the objects that come with TinyMLaaS: in
the OMA form, with descriptions of our own. `3-1_1.xml` is version 1.1 of
Object 3, and `3.xml` its newest.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path as Folder
from typing import Final, Self

from .. import ddf
from ..definition import ObjectDefinition, ResourceDefinition, Version
from ..errors import InvalidDefinition, InvalidPath, UnknownObject, shown
from ..path import Path
from ..value import ResourceType, Value, natural_type

# What each version of LwM2M (OMA LwM2M Core, appendix "LwM2M Objects") came with. An endpoint
# that tells no version of such an object means this one (§6.2.1).
_CORE_VERSIONS: Final[Mapping[str, Mapping[str, tuple[int, ...]]]] = {
    "1.0": {"1.0": (0, 1, 2, 3, 4, 5, 6, 7)},
    "1.1": {"1.0": (2, 5, 6, 7, 21), "1.1": (0, 1, 3), "1.2": (4,)},
    "1.2": {"1.0": (6, 7, 23), "1.1": (2, 5), "1.2": (0, 1, 3), "1.3": (4,), "2.0": (21,)},
}


def core_versions(lwm2m: str) -> tuple[tuple[int, str], ...]:
    """Return the versions of the core objects that LwM2M `1.0`, `1.1` or `1.2` came with.

    They are what `Registry.with_versions` takes before what an endpoint told. Of an unknown
    version of LwM2M nothing is known: the answer is empty.
    """
    came_with = _CORE_VERSIONS.get(lwm2m, {})
    return tuple(
        sorted((number, told) for told, numbers in came_with.items() for number in numbers)
    )


@dataclass(frozen=True, slots=True)
class Registry:
    """Object definitions by identifier and version.

    A value: what adds to a registry returns a new one. Made by `of`, by
    `standard`, and from there by `load_folder` and `with_versions`.
    """

    _versions: Mapping[int, Mapping[Version, ObjectDefinition]]
    _preferred: Mapping[int, ObjectDefinition]

    @classmethod
    def of(cls, definitions: Iterable[ObjectDefinition]) -> Self:
        """Return a registry of `definitions`; of two for one version the later one stands.

        Without a version asked for, the newest of an object is preferred.
        """
        versions = dict[int, dict[Version, ObjectDefinition]]()
        for one in definitions:
            versions.setdefault(one.id, {})[one.version] = one
        preferred = {number: known[max(known)] for number, known in versions.items()}
        return cls(versions, preferred)

    @classmethod
    def standard(cls) -> "Registry":
        """Return the objects that come with TinyMLaaS, read once."""
        return _standard()

    def __iter__(self) -> Iterator[ObjectDefinition]:
        """Yield every definition, by ascending object and version."""
        for _, known in sorted(self._versions.items()):
            yield from (known[version] for version in sorted(known))

    def load_folder(self, folder: Folder) -> "Registry":
        """Return this registry and what every `*.xml` of `folder` defines, in the order of names.

        Raises `InvalidDefinition`, also for a folder or a file that cannot be read.
        """
        definitions = list(self)
        try:
            for file in sorted(folder.iterdir()):
                if file.suffix.lower() == ".xml":
                    definitions += ddf.read(_beginning(file), file.name)
        except OSError as error:
            raise InvalidDefinition(f"object files cannot be read: {error}") from error
        return Registry.of(definitions)

    def with_versions(self, versions: Iterable[tuple[int, str]]) -> "Registry":
        """Return a registry that prefers the object versions an endpoint registered with.

        Of two versions for one object the later one stands, so that what was told comes after
        `core_versions`.
        Where that very version is unknown, the newest with the same major number
        stands in, which by §7.2.2 differs in optional resources only; objects that
        are unknown altogether are passed over. Raises `InvalidDefinition` for text
        that is no version.
        """
        preferred = dict(self._preferred)
        for number, text in versions:
            wanted = Version.parse(text)
            known = self._versions.get(number, {})
            akin = [version for version in known if version.major == wanted.major]
            if wanted in known:
                preferred[number] = known[wanted]
            elif akin:
                preferred[number] = known[max(akin)]
        return Registry(self._versions, preferred)

    def object(self, identifier: int, version: Version | None = None) -> ObjectDefinition:
        """Return an object, without a version the preferred one. Raises `UnknownObject`."""
        found = (
            self._preferred.get(identifier)
            if version is None
            else self._versions.get(identifier, {}).get(version)
        )
        if found is None:
            asked = f"object {identifier}" if version is None else f"object {identifier} {version}"
            raise UnknownObject(f"{asked} is not defined; add its OMA file to the object folder")
        return found

    def find_object(self, identifier: int) -> ObjectDefinition | None:
        """Return the preferred definition of an object, None where there is none."""
        return self._preferred.get(identifier)

    def resource(self, path: Path) -> ResourceDefinition:
        """Return the definition of the resource at or above `path`. Raises `UnknownObject`."""
        if path.object_id is None or path.resource_id is None:
            raise UnknownObject(f"{path} names no resource")
        return self.object(path.object_id).resource(path.resource_id)

    def find_resource(self, path: Path) -> ResourceDefinition | None:
        """Return the definition of the resource at or above `path`, None where there is none.

        What the preferred version of an object has not is looked for in the newest.
        """
        if path.object_id is None or path.resource_id is None:
            return None
        found = self._preferred.get(path.object_id)
        if found is None or path.resource_id in found.resources:
            return None if found is None else found.resources[path.resource_id]
        # Clients tell an old version and have what came later, or tell none at all.
        known = self._versions[path.object_id]
        return known[max(known)].resources.get(path.resource_id)

    def type_of(self, path: Path, value: Value) -> ResourceType:
        """Return the type of the resource at `path`; undefined, what `value` shows by itself."""
        found = self.find_resource(path)
        return natural_type(value) if found is None or found.type is None else found.type

    def path(self, text: str) -> Path:
        """Read a path whose object and resource may be names: `device/0/firmware-version`.

        The instance may be left out where the object has but one
        (`device/firmware-version`). Raises `UnknownObject` for a name that nobody
        defined and `InvalidPath` for everything else.
        """
        segments = text.strip("/").split("/", 4)
        if re.fullmatch(r"[0-9]*", segments[0]):
            return Path.parse(text)
        definition = self._object_named(segments[0])
        rest = segments[1:]
        if rest and not rest[0].isdigit() and not definition.multiple:
            rest.insert(0, "0")
        if len(rest) > 1 and not rest[1].isdigit():
            rest[1] = str(_resource_named(definition, rest[1]))
        if rest and not rest[0].isdigit():
            raise InvalidPath(
                f"{shown(text)} has to name an instance: {slug(definition.name)} may have several"
            )
        return Path.parse("/".join([str(definition.id), *rest]))

    def _object_named(self, name: str) -> ObjectDefinition:
        for one in self._preferred.values():
            full = slug(one.name)
            if name.lower() in {full, full.removeprefix("lwm2m-")}:
                return one
        raise UnknownObject(f"no object is named {shown(name)}")


def slug(name: str) -> str:
    """Return a name as paths write it: `Firmware Version` is `firmware-version`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _resource_named(definition: ObjectDefinition, name: str) -> int:
    for identifier, one in definition.resources.items():
        if slug(one.name) == name.lower():
            return identifier
    raise UnknownObject(f"{slug(definition.name)} has no resource named {shown(name)}")


def _beginning(file: Folder) -> bytes:
    # One byte more than may be: enough for the reader to refuse a huge file unread.
    with file.open("rb") as opened:
        return opened.read(ddf.LARGEST_FILE + 1)


@cache
def _standard() -> Registry:
    shipped = [file for file in files(__package__).iterdir() if file.name.endswith(".xml")]
    return Registry.of(one for file in shipped for one in ddf.read(file.read_bytes(), file.name))
