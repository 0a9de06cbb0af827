"""Observations of devices: begun, listed, ended; values come as events (§6.4)."""

from fastapi import APIRouter, Response

from objects.path import Path

from .. import operation_schemas as carried
from .. import results, schemas
from ..deps import Asked, LwM2MPath, UseCases

router = APIRouter(prefix="/devices", tags=["observations"])
asking = APIRouter(prefix="/devices", tags=["observations"], responses=results.MAY_WAIT)


@router.get("/{endpoint:path}/observations")
async def observations(endpoint: str, services: UseCases) -> list[carried.Observed]:
    """List what is observed, and observed anew whenever the device has forgotten it."""
    services.hardware.known(endpoint)
    return [
        carried.Observed(paths=[str(path) for path in target], composite=True)
        if isinstance(target, tuple)
        else carried.Observed(paths=[str(target)], composite=False)
        for target in services.observations.of(endpoint)
    ]


@asking.put("/{endpoint:path}/observations/{path:path}", response_model=list[schemas.Value])
async def observe(
    endpoint: str, path: LwM2MPath, services: UseCases, asked: Asked
) -> list[schemas.Value] | results.Later:
    """Observe a path; the answer is its first value, later ones are events."""
    management = services.management
    result = await management.observe(endpoint, path, asked)
    return results.values(result, "Observe", path, management.definitions_of(endpoint))


@asking.delete("/{endpoint:path}/observations/{path:path}", status_code=204)
async def cancel(
    endpoint: str, path: LwM2MPath, services: UseCases, asked: Asked, *, active: bool = True
) -> Response:
    """Stop observing a path; unless active, the device learns of it by its next notification."""
    management = services.management
    result = await management.cancel_observation(endpoint, path, active=active, asking=asked)
    return results.done(result, "Cancel", path)


@asking.post("/{endpoint:path}/composite/observe", response_model=list[schemas.Value])
async def observe_composite(
    endpoint: str, several: carried.Paths, services: UseCases, asked: Asked
) -> list[schemas.Value] | results.Later:
    """Observe several paths as one; the answer is their first values."""
    management = services.management
    result = await management.observe_composite(endpoint, several.parsed(services, endpoint), asked)
    return results.values(result, "Observe-Composite", Path(), management.definitions_of(endpoint))


@asking.post("/{endpoint:path}/composite/cancel", status_code=204)
async def cancel_composite(
    endpoint: str,
    several: carried.Paths,
    services: UseCases,
    asked: Asked,
    *,
    active: bool = True,
) -> Response:
    """Stop observing these very paths, in the same order."""
    management, paths = services.management, several.parsed(services, endpoint)
    result = await management.cancel_composite(endpoint, paths, active=active, asking=asked)
    return results.done(result, "Cancel-Composite", Path())
