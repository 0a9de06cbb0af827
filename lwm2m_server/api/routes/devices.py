"""Devices: what has registered, what it is, and its resources by path."""

from fastapi import APIRouter

from .. import schemas
from ..deps import LwM2MPath, UseCases

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


@router.get("/{endpoint:path}/resources/{path:path}")
async def read(endpoint: str, path: LwM2MPath, services: UseCases) -> list[schemas.Value]:
    """Read an object, an instance or a resource."""
    values = await services.management.read(endpoint, path)
    return [schemas.Value.model_validate(value) for value in values]


@router.put("/{endpoint:path}/resources/{path:path}", status_code=204)
async def write(endpoint: str, path: LwM2MPath, new: schemas.NewValue, services: UseCases) -> None:
    """Write a resource or an instance."""
    await services.management.write(endpoint, path, new.value, replace=new.replace)


@router.post("/{endpoint:path}/resources/{path:path}", status_code=204)
async def execute(
    endpoint: str,
    path: LwM2MPath,
    services: UseCases,
    execution: schemas.Execution | None = None,
) -> None:
    """Execute a resource."""
    arguments = execution.arguments if execution else ""
    await services.management.execute(endpoint, path, arguments)


# Last, since names may have slashes and so this path takes in all the others.
@router.get("/{endpoint:path}")
async def device(endpoint: str, services: UseCases) -> schemas.Device:
    """Show one endpoint."""
    return schemas.Device.model_validate(await services.hardware.device(endpoint))
