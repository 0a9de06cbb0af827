"""Devices: what has registered, and what it is."""

from fastapi import APIRouter

from .. import schemas
from ..deps import UseCases

router = APIRouter(prefix="/devices", tags=["devices"])


@router.get("")
async def devices(services: UseCases) -> list[schemas.Device]:
    """List every endpoint that ever registered, by name."""
    return [schemas.Device.model_validate(view) for view in await services.hardware.devices()]


@router.post("/{endpoint:path}/hardware")
async def refresh(endpoint: str, services: UseCases) -> schemas.Device:
    """Read the hardware from the device anew."""
    return schemas.Device.model_validate(await services.hardware.refresh(endpoint))


@router.put("/{endpoint:path}/board")
async def set_board(
    endpoint: str, assignment: schemas.BoardAssignment, services: UseCases
) -> schemas.Device:
    """Say which board an endpoint is, where it does not say so itself."""
    view = await services.hardware.set_board(endpoint, assignment.board)
    return schemas.Device.model_validate(view)


# Names may have slashes: this path takes in those of all routers that come after it.
last = APIRouter(prefix="/devices", tags=["devices"])


@last.get("/{endpoint:path}")
async def device(endpoint: str, services: UseCases) -> schemas.Device:
    """Show one endpoint."""
    return schemas.Device.model_validate(await services.hardware.device(endpoint))
