"""`/api/objectspecs`: the definitions of an endpoint's objects (`ObjectSpecServlet`)."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from objects.definition import ObjectDefinition, Operations, ResourceDefinition
from objects.errors import UnknownObject

from .calls import INVALID_PATH, Call, carried_out, found, segments, text
from .values import name_of

router = APIRouter()

_OPERATIONS: Final = {
    Operations.NONE: "NONE",
    Operations.READ: "R",
    Operations.WRITE: "W",
    Operations.READ_WRITE: "RW",
    Operations.EXECUTE: "E",
}


@router.get("/objectspecs", include_in_schema=False)
@router.get("/objectspecs/{endpoint:path}")
async def objectspecs(request: Request) -> Response:
    """List the definitions of the objects that an endpoint registered, in their versions."""
    call = Call(request, segments(request, "/api/objectspecs"))
    if len(call.segments) != 1:
        return text(INVALID_PATH, 400)
    return await carried_out(call, _listed)


async def _listed(call: Call) -> Response:
    registration = call.registration
    definitions = call.services.gateway.definitions_of(registration)
    known = list[dict[str, Any]]()
    for number in sorted({path.parts[0] for path in registration.objects if path.parts}):
        try:
            known.append(to_json(definitions.object(number)))
        except UnknownObject:
            continue  # what nobody defined has nothing to show
    return found(known)


def to_json(definition: ObjectDefinition) -> dict[str, Any]:
    """Return an object's definition as it goes out."""
    return {
        "id": definition.id,
        "name": definition.name,
        "instancetype": _instances(multiple=definition.multiple),
        "mandatory": definition.mandatory,
        "urn": definition.urn,
        "version": str(definition.version),
        "lwm2mversion": "1.0",  # what an object file says by saying nothing
        "description": definition.description,
        "description2": "",
        "resourcedefs": [_resource(one) for _, one in sorted(definition.resources.items())],
    }


def _resource(definition: ResourceDefinition) -> dict[str, Any]:
    return {
        "id": definition.id,
        "name": definition.name,
        "operations": _OPERATIONS.get(definition.operations, "NONE"),
        "instancetype": _instances(multiple=definition.multiple),
        "mandatory": definition.mandatory,
        "type": "none" if definition.type is None else name_of(definition.type).lower(),
        "range": definition.range,
        "units": definition.units,
        "description": definition.description,
    }


def _instances(*, multiple: bool) -> str:
    return "multiple" if multiple else "single"
