"""Devices: what has registered, what it is, and its resources by path."""

from fastapi import APIRouter, Response

from objects.path import Path
from objects.registry import Registry as Definitions

from ...service.answers import Answer
from ...service.values import node_of, shown_values
from .. import results, schemas
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


@router.get(
    "/{endpoint:path}/resources/{path:path}",
    response_model=list[schemas.Value],
    responses=results.MAY_WAIT,
)
async def read(
    endpoint: str, path: LwM2MPath, services: UseCases
) -> list[schemas.Value] | results.Later:
    """Read an object, an instance or a resource."""
    result = await services.management.read(endpoint, path)
    answer = results.accepted(result, "Read", path)
    if isinstance(answer, results.Later):
        return answer
    return _values(path, answer, services.management.definitions_of(endpoint))


@router.put("/{endpoint:path}/resources/{path:path}", status_code=204, responses=results.MAY_WAIT)
async def write(
    endpoint: str, path: LwM2MPath, new: schemas.NewValue, services: UseCases
) -> Response:
    """Write a resource or an instance."""
    node = node_of(path, new.value, services.management.definitions_of(endpoint))
    result = await services.management.write(endpoint, path, node, replace=new.replace)
    return results.done(result, "Write", path)


@router.post("/{endpoint:path}/resources/{path:path}", status_code=204, responses=results.MAY_WAIT)
async def execute(
    endpoint: str,
    path: LwM2MPath,
    services: UseCases,
    execution: schemas.Execution | None = None,
) -> Response:
    """Execute a resource."""
    arguments = execution.arguments if execution else ""
    result = await services.management.execute(endpoint, path, arguments)
    return results.done(result, "Execute", path)


# Last, since names may have slashes and so this path takes in all the others.
@router.get("/{endpoint:path}")
async def device(endpoint: str, services: UseCases) -> schemas.Device:
    """Show one endpoint."""
    return schemas.Device.model_validate(await services.hardware.device(endpoint))


def _values(base: Path, answer: Answer, definitions: Definitions) -> list[schemas.Value]:
    shown = shown_values(base, answer.node, definitions) if answer.node is not None else []
    return [schemas.Value.model_validate(value) for value in shown]
