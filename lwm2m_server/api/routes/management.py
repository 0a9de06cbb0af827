"""Operations on devices: their resources by path (OMA LwM2M Core 1.2 §6.3)."""

from fastapi import APIRouter, Response

from objects.path import Path
from objects.tree import ObjectInstance

from ...service.values import node_of, resources_of
from .. import operation_schemas as carried
from .. import results, schemas
from ..deps import Asked, LwM2MPath, UseCases, path_of

router = APIRouter(prefix="/devices", tags=["resources"], responses=results.MAY_WAIT)


@router.get("/{endpoint:path}/resources/{path:path}", response_model=list[schemas.Value])
async def read(
    endpoint: str, path: LwM2MPath, services: UseCases, asked: Asked
) -> list[schemas.Value] | results.Later:
    """Read an object, an instance, a resource or a resource instance."""
    management = services.management
    result = await management.read(endpoint, path, asked)
    return results.values(result, "Read", path, management.definitions_of(endpoint))


@router.put("/{endpoint:path}/resources/{path:path}", status_code=204)
async def write(
    endpoint: str, path: LwM2MPath, new: schemas.NewValue, services: UseCases, asked: Asked
) -> Response:
    """Write a resource or an instance."""
    management = services.management
    node = node_of(path, new.value, management.definitions_of(endpoint))
    result = await management.write(endpoint, path, node, replace=new.replace, asking=asked)
    return results.done(result, "Write", path)


@router.post("/{endpoint:path}/resources/{path:path}", status_code=204)
async def execute(
    endpoint: str,
    path: LwM2MPath,
    services: UseCases,
    asked: Asked,
    execution: schemas.Execution | None = None,
) -> Response:
    """Execute a resource."""
    arguments = execution.arguments if execution else ""
    result = await services.management.execute(endpoint, path, arguments, asked)
    return results.done(result, "Execute", path)


@router.delete("/{endpoint:path}/resources/{path:path}", status_code=204)
async def delete(endpoint: str, path: LwM2MPath, services: UseCases, asked: Asked) -> Response:
    """Delete an instance."""
    result = await services.management.delete(endpoint, path, asked)
    return results.done(result, "Delete", path)


@router.post(
    "/{endpoint:path}/instances/{path:path}", status_code=201, response_model=carried.Created
)
async def create(
    endpoint: str, path: LwM2MPath, new: carried.NewInstance, services: UseCases, asked: Asked
) -> carried.Created | results.Later:
    """Create an instance of an object."""
    management = services.management
    definitions = management.definitions_of(endpoint)
    resources = resources_of(path.child(new.id or 0), new.values, definitions)
    told = resources if new.id is None else ObjectInstance.of(new.id, resources)
    answer = results.accepted(await management.create(endpoint, path, told, asked), "Create", path)
    if isinstance(answer, results.Later):
        return answer
    return carried.Created(path=None if answer.created is None else str(answer.created))


@router.get("/{endpoint:path}/links/{path:path}", response_model=list[carried.Link])
async def discover(
    endpoint: str, path: LwM2MPath, services: UseCases, asked: Asked
) -> list[carried.Link] | results.Later:
    """List what there is at and below a path, and the attributes that are set there."""
    result = await services.management.discover(endpoint, path, asked)
    answer = results.accepted(result, "Discover", path)
    if isinstance(answer, results.Later):
        return answer
    return [
        carried.Link(path=link.target, attributes=dict(link.attributes))
        for link in answer.links or ()
    ]


@router.put("/{endpoint:path}/attributes/{path:path}", status_code=204)
async def write_attributes(
    endpoint: str, path: LwM2MPath, new: carried.NewAttributes, services: UseCases, asked: Asked
) -> Response:
    """Set when and how the device notifies of a path."""
    attributes = new.attributes()
    result = await services.management.write_attributes(endpoint, path, attributes, asked)
    return results.done(result, "Write-Attributes", path)


@router.post("/{endpoint:path}/composite/read", response_model=list[schemas.Value])
async def read_composite(
    endpoint: str, several: carried.Paths, services: UseCases, asked: Asked
) -> list[schemas.Value] | results.Later:
    """Read several paths at once."""
    management = services.management
    result = await management.read_composite(endpoint, several.parsed(services, endpoint), asked)
    return results.values(result, "Read-Composite", Path(), management.definitions_of(endpoint))


@router.post("/{endpoint:path}/composite/write", status_code=204)
async def write_composite(
    endpoint: str, new: carried.NewValues, services: UseCases, asked: Asked
) -> Response:
    """Write several values at once, all or none of them."""
    management = services.management
    definitions = management.definitions_of(endpoint)
    values = {path_of(services, endpoint, text): value for text, value in new.values.items()}
    nodes = {path: node_of(path, value, definitions) for path, value in values.items()}
    result = await management.write_composite(endpoint, nodes, asked)
    return results.done(result, "Write-Composite", Path())
