"""The bootstrap server: what is meant for whom, what is under way, and asking for it anew."""

from fastapi import APIRouter

from ...service.bootstrap_accounts import configured
from .. import schemas
from ..bootstrap_schemas import Configuration, NewConfiguration, Session
from ..deps import UseCases
from .credentials import Discreet

router = APIRouter(prefix="/bootstrap", tags=["bootstrap"], route_class=Discreet)


@router.get("/configurations")
async def configurations(services: UseCases) -> list[Configuration]:
    """List the configurations, without their keys."""
    return [Configuration.model_validate(one) for one in services.bootstrap.configurations.list()]


@router.get("/configurations/{name}")
async def configuration(name: str, services: UseCases) -> Configuration:
    """Show one configuration, without its keys."""
    return Configuration.model_validate(services.bootstrap.configurations.get(name))


@router.put("/configurations/{name}")
async def put(name: str, new: NewConfiguration, services: UseCases) -> Configuration:
    """Say what is meant for an endpoint, or by `*` for all others, in place of what was."""
    asked = configured(new.asked(), services.gateway.definitions)
    return Configuration.model_validate(await services.bootstrap.configurations.put(name, asked))


@router.delete("/configurations/{name}", status_code=204)
async def remove(name: str, services: UseCases) -> None:
    """Forget a configuration; what was written by it stays with its endpoints."""
    await services.bootstrap.configurations.remove(name)


@router.get("/sessions")
async def sessions(services: UseCases) -> list[Session]:
    """List the bootstraps that are under way; how they end, events of kind `bootstrap` tell."""
    return [Session.model_validate(one) for one in services.bootstrap.sessions()]


@router.delete("/sessions/{endpoint}", status_code=204)
async def cancel(endpoint: str, services: UseCases) -> None:
    """End the bootstrap of an endpoint, as failed."""
    services.bootstrap.cancel(endpoint)


@router.post("/sessions/{endpoint}", status_code=202)
async def trigger(
    endpoint: str, services: UseCases, instance: int | None = None
) -> schemas.Waiting | None:
    """Have a registered endpoint bootstrap anew (Execute /1/x/9, from LwM2M 1.1 on)."""
    waiting = await services.bootstrap.trigger(endpoint, instance)
    return schemas.Waiting(queued=waiting.id) if waiting else None
