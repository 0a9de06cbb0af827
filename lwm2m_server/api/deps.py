"""What routes depend on."""

from typing import Annotated

from fastapi import Depends, Query, Request

from objects.path import Path

from ..service.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _lwm2m_path(path: str) -> Path:
    return Path.parse(path)


UseCases = Annotated[Services, Depends(_services)]
LwM2MPath = Annotated[Path, Depends(_lwm2m_path)]
Limit = Annotated[int, Query(ge=1, le=1000)]
