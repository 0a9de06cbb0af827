"""LwM2M paths: `/object/instance/resource/resource-instance`."""

from dataclasses import dataclass
from functools import total_ordering
from typing import Self

from .errors import InvalidPath, shown

# OMA LwM2M Core 1.1 §7.3: every identifier is 16 bits wide, and 65535 is reserved.
LARGEST_ID = 65534


@total_ordering
@dataclass(frozen=True, slots=True)
class Path:
    """What an operation is aimed at, from the root (`/`) down to a resource instance.

    Each part may be given only where the one before it is. Raises `InvalidPath`
    for a gap or for an identifier outside 0..65534. Paths order as trees do:
    a parent comes before its children, identifiers compare as numbers.
    """

    object_id: int | None = None
    instance_id: int | None = None
    resource_id: int | None = None
    resource_instance_id: int | None = None

    def __post_init__(self) -> None:
        parts = (self.object_id, self.instance_id, self.resource_id, self.resource_instance_id)
        given = [part for part in parts if part is not None]
        if parts[: len(given)] != tuple(given):
            raise InvalidPath(f"path has a gap: {parts}")
        for part in given:
            if not 0 <= part <= LARGEST_ID:
                raise InvalidPath(f"path identifier {part} is outside 0..{LARGEST_ID}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `/3/0/9`; the leading slash may be missing, a trailing one may stand."""
        inner = text.removeprefix("/").removesuffix("/")
        segments = inner.split("/", 4) if inner else []
        if len(segments) > 4:
            raise InvalidPath(f"{shown(text)} has more than four segments")
        for segment in segments:
            if not (segment.isascii() and segment.isdigit() and len(segment) <= 5):
                raise InvalidPath(
                    f"{shown(text)} has a segment that is no identifier: {shown(segment)}"
                )
        return cls(*(int(segment) for segment in segments))

    @property
    def parts(self) -> tuple[int, ...]:
        """The identifiers that are given, from object down."""
        parts = (self.object_id, self.instance_id, self.resource_id, self.resource_instance_id)
        return tuple(part for part in parts if part is not None)

    def child(self, identifier: int) -> "Path":
        """Return the path one level below this one."""
        return Path(*(*self.parts, identifier))

    def contains(self, other: "Path") -> bool:
        """Whether `other` is this path or lies below it."""
        return other.parts[: len(self.parts)] == self.parts

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Path):
            return NotImplemented
        return self.parts < other.parts

    def __str__(self) -> str:
        return "/" + "/".join(str(part) for part in self.parts)
