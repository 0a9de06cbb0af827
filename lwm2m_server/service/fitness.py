"""What can be asked of an endpoint, by path and LwM2M version: told before anything is sent."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from objects.attributes import NAMES, NotificationAttributes
from objects.path import Path

from ..protocol.registration import Registration
from .errors import InvalidInput

# OMA LwM2M Core 1.2 §7.3, Table 7.3: since when there is an attribute; the others are of 1.0.
_SINCE: Final[Mapping[str, str]] = MappingProxyType(
    {"epmin": "1.1", "epmax": "1.1", "edge": "1.2", "con": "1.2", "hqmax": "1.2"}
)
# Table 7.3: these compare values, so that they are of a resource or its instance.
_OF_VALUES: Final = frozenset({"gt", "lt", "st", "edge"})


_MOST_PATHS: Final = 256


def check_depth(path: Path, least: int, most: int) -> None:
    """Raise `InvalidInput` for a path at which there is no such operation."""
    depth = len(path.parts)
    if not least <= depth <= most:
        word = "short" if depth < least else "long"
        raise InvalidInput(f"{path} is too {word} for this operation")


def check_paths(registration: Registration, paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the paths of a composite operation; raises `InvalidInput` where there can be none."""
    check_version(registration, "1.1", "a composite operation")
    if not paths:
        raise InvalidInput("a composite operation names one path at least")
    if len(paths) > _MOST_PATHS:
        raise InvalidInput(f"{len(paths)} paths; {_MOST_PATHS} are the most of one operation")
    return tuple(paths)


def check_version(registration: Registration, since: str, what: str) -> None:
    """Raise `InvalidInput` where an endpoint registered with a version before `since`."""
    # Versions that are accepted have one digit after the dot, so that they order as text.
    if registration.lwm2m_version < since:
        raise InvalidInput(
            f"{registration.endpoint} registered with LwM2M {registration.lwm2m_version};"
            f" {what} exists from {since} on"
        )


def check_attributes(
    registration: Registration, path: Path, attributes: NotificationAttributes
) -> None:
    """Raise `InvalidInput` for attributes that the endpoint cannot know, or not at `path`."""
    told = [
        name for name in NAMES if name in attributes.unset or getattr(attributes, name) is not None
    ]
    if not told:
        raise InvalidInput(f"{path}: name an attribute to set, {', '.join(NAMES)}")
    for name in told:
        check_version(registration, _SINCE.get(name, "1.0"), f"the attribute {name}")
        if name in _OF_VALUES and path.resource_id is None:
            raise InvalidInput(f"{path}: {name} is of a resource, not of what holds several")
