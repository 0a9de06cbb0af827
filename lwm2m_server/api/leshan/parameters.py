"""The query parameters of Leshan's demo."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import QueryParams

from objects.attributes import NotificationAttributes
from objects.codecs import ContentFormat
from objects.errors import shown
from objects.path import Path

from ...service.answers import Asking
from ...service.errors import InvalidInput

_TIMEOUT: Final = 5.0
_LONGEST: Final = 3600.0

_FORMATS: Final[Mapping[str, ContentFormat]] = MappingProxyType(
    {
        one.name: one
        for one in ContentFormat
        if one not in {ContentFormat.OLD_TLV, ContentFormat.OLD_JSON}
    }
)
_ABSENT: Final = frozenset({"", "NONE", "NULL", "UNDEFINED"})
"""What scripts write who have no format and name it nevertheless."""


def asking(query: QueryParams) -> Asking:
    """Return how an operation is asked for; raises `InvalidInput` for an unknown format."""
    return Asking(
        content_format=_format(query, "format"),
        timeout=_timeout(query.get("timeout")),
    )


def asking_composite(query: QueryParams) -> Asking:
    """Return the same for a composite operation, which names two formats."""
    return Asking(
        content_format=_format(query, "nodeformat"),
        path_format=_format(query, "pathformat"),
        timeout=_timeout(query.get("timeout")),
    )


def paths(query: QueryParams) -> tuple[Path, ...]:
    """Return `paths`, which commas divide; raises `InvalidInput`, `InvalidPath`."""
    told = query.get("paths")
    if told is None:
        raise InvalidInput("name what is meant by the parameter 'paths': paths=/3/0/0,/1/0/1")
    return tuple(Path.parse(one.strip()) for one in told.split(","))


def replaces(query: QueryParams) -> bool:
    """Whether a Write replaces what is there, as it does unless it is told otherwise."""
    return query.get("replace", "true").lower() == "true"


def is_active(query: QueryParams) -> bool:
    """Whether an observation is cancelled by telling the endpoint at once: `?active`."""
    return "active" in query


def attributes(query: QueryParams) -> NotificationAttributes:
    """Return the attributes that a query sets, and unsets where one has no value.

    Raises `InvalidAttribute`.
    """
    told = {name: value or None for name, value in query.items() if name != "timeout"}
    return NotificationAttributes.parse(told)


def _timeout(text: str | None) -> float:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 9:
        return _TIMEOUT
    return min(float(text), _LONGEST) or _TIMEOUT


def _format(query: QueryParams, name: str) -> int | None:
    told = query.get(name, "").upper()
    if told in _ABSENT:
        return None
    if told not in _FORMATS:
        raise InvalidInput(f"{name}={shown(told)} is none of {', '.join(_FORMATS)}")
    return _FORMATS[told]
