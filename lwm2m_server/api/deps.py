"""What routes depend on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from objects.codecs import ContentFormat
from objects.errors import shown
from objects.path import Path

from ..service.answers import Asking
from ..service.errors import InvalidInput
from ..service.services import Services

# Seconds; a proxy in front gives up earlier.
_LONGEST: Final = 3600.0


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def path_of(services: Services, endpoint: str, text: str) -> Path:
    """Return a path of an endpoint, in numbers or in names: `device/firmware-version`.

    Raises `InvalidPath`, `UnknownObject`.
    """
    return services.gateway.definitions_by(endpoint).path(text)


FORMATS: Final[Mapping[str, ContentFormat]] = MappingProxyType(
    {one.name.lower().replace("_", "-"): one for one in ContentFormat}
)
"""Content formats by the names that this API gives them."""
_NUMBERS: Final = {str(one.value): one for one in ContentFormat}


def _asking(
    content_format: Annotated[str | None, Query(alias="format")] = None,
    timeout: Annotated[float | None, Query(gt=0, le=_LONGEST)] = None,
    patience: Annotated[float | None, Query(ge=0)] = None,
) -> Asking:
    if content_format is None:
        return Asking(timeout=timeout, patience=patience)
    chosen = FORMATS.get(content_format, _NUMBERS.get(content_format))
    if chosen is None:
        known = ", ".join(FORMATS)
        raise InvalidInput(f"format={shown(content_format)} is none of {known}")
    return Asking(chosen, timeout=timeout, patience=patience)


Asked = Annotated[Asking, Depends(_asking)]
UseCases = Annotated[Services, Depends(_services)]


def _lwm2m_path(endpoint: str, path: str, services: UseCases) -> Path:
    return path_of(services, endpoint, path)


LwM2MPath = Annotated[Path, Depends(_lwm2m_path)]
Limit = Annotated[int, Query(ge=1, le=1000)]
