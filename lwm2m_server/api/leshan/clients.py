"""`/api/clients`: registrations, and operations on them (`ClientServlet` of Leshan's demo)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from objects.errors import ObjectsError
from objects.path import Path
from objects.tree import ObjectInstance

from ...protocol.operations import (
    CancelComposite,
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    ObserveComposite,
    Operation,
    Read,
    ReadComposite,
    Write,
    WriteAttributes,
    WriteComposite,
)
from ...service.answers import Queued, Result
from ...service.errors import InvalidInput
from . import parameters, registrations, responses
from .calls import INVALID_PATH, Call, Handler, carried_out, found, segments, text
from .nodes import from_instance, from_node, from_text

router = APIRouter()

_BELOW: Final = "/api/clients"
_WORDS: Final = frozenset({"discover", "attributes", "observe"})


@router.get("/clients", description="List all registrations.")
async def clients(request: Request) -> Response:
    """Carry out what method and path name together."""
    call = Call(request, segments(request, _BELOW))
    handler = _HANDLERS.get((request.method, _form(call.segments)))
    if handler is None:
        return text(INVALID_PATH, 400)
    return await carried_out(call, handler)


async def _below(
    request: Request,
    endpoint_and_path: str,  # noqa: ARG001 - for the page: `segments` reads it undecoded
) -> Response:
    return await clients(request)


_DESCRIPTIONS: Final = {
    "GET": "Show a registration, read a node, `discover` below it, or read `composite?paths=`.",
    "PUT": "Write a node, its `attributes`, or several nodes by `composite`.",
    "POST": "Execute a resource, create an instance, or `observe` a node or `composite`.",
    "DELETE": "Delete an instance, or cancel what `observe` began: at once with `?active`.",
}
for _method, _words in _DESCRIPTIONS.items():
    router.add_api_route(
        "/clients/{endpoint_and_path:path}", _below, methods=[_method], description=_words
    )


def _form(parts: tuple[str, ...]) -> str:
    """Return what a path is about: the words in it, or how deep it goes."""
    if len(parts) < 2:
        return "client" if parts else "all"
    if parts[1] == "composite":
        return "/".join(parts[1:])
    if len(parts) > 2 and parts[-1] in _WORDS:
        return parts[-1]
    return "resource" if len(parts) == 4 else "node"


# --- registrations ----------------------------------------------------------------------------


async def every(call: Call) -> Response:
    """List all registrations."""
    services = call.services
    return found([registrations.shown(services, one) for one in services.registrations.all()])


async def client(call: Call) -> Response:
    """Show one registration."""
    return found(registrations.shown(call.services, call.registration))


# --- operations -------------------------------------------------------------------------------


async def read(call: Call) -> Response:
    """Read a node."""
    path, asking = call.path(), parameters.asking(call.request.query_params)
    result = await call.services.management.read(call.endpoint, path, asking)
    return _told(call, Read, result, [path])


async def discover(call: Call) -> Response:
    """List what there is at and below a path."""
    path, asking = call.path(without=1), parameters.asking(call.request.query_params)
    result = await call.services.management.discover(call.endpoint, path, asking)
    return _told(call, Discover, result, [path])


async def write(call: Call) -> Response:
    """Write a node, or a resource as plain text."""
    if len(call.segments) < 3:
        return text(INVALID_PATH, 400)
    path, query = call.path(), call.request.query_params
    definitions = call.services.gateway.definitions_of(call.registration)
    if _media_type(call) == "text/plain":
        node = from_text(path, await call.text(), definitions)
    else:
        node = from_node(path, await _content(call), definitions)
    result = await call.services.management.write(
        call.endpoint,
        path,
        node,
        replace=parameters.replaces(query),
        asking=parameters.asking(query),
    )
    return _told(call, Write, result, [path])


async def write_attributes(call: Call) -> Response:
    """Set and unset attributes."""
    path, query = call.path(without=1), call.request.query_params
    given = parameters.attributes(query)
    asking = parameters.asking(query)
    result = await call.services.management.write_attributes(call.endpoint, path, given, asking)
    return _told(call, WriteAttributes, result, [path])


async def execute(call: Call) -> Response:
    """Execute a resource; the body is its arguments."""
    path, asking = call.path(), parameters.asking(call.request.query_params)
    arguments = await call.text()
    result = await call.services.management.execute(call.endpoint, path, arguments, asking)
    return _told(call, Execute, result, [path])


async def create(call: Call) -> Response:
    """Create an instance of an object."""
    if len(call.segments) > 3:
        return text(INVALID_PATH, 400)
    path, asking = call.path(), parameters.asking(call.request.query_params)
    definitions = call.services.gateway.definitions_of(call.registration)
    instance, resources = from_instance(path, await _content(call), definitions)
    result = await call.services.management.create(
        call.endpoint,
        Path(path.parts[0]),
        resources if instance is None else ObjectInstance(instance, resources),
        asking,
    )
    return _told(call, Create, result, [path])


async def delete(call: Call) -> Response:
    """Delete an instance."""
    path, asking = call.path(), parameters.asking(call.request.query_params)
    result = await call.services.management.delete(call.endpoint, path, asking)
    return _told(call, Delete, result, [path])


async def observe(call: Call) -> Response:
    """Observe a node."""
    path, asking = call.path(without=1), parameters.asking(call.request.query_params)
    result = await call.services.management.observe(call.endpoint, path, asking)
    return _told(call, Observe, result, [path])


async def cancel(call: Call) -> Response:
    """Stop observing a node; passively, the endpoint learns by a Reset."""
    path, query = call.path(without=1), call.request.query_params
    active = parameters.is_active(query)
    if active and not call.services.observations.has(call.registration.endpoint, path):
        # Two blanks, as there.
        return text(f"no observation for path {path} for  client '{call.endpoint}'", 404)
    result = await call.services.management.cancel_observation(
        call.endpoint, path, active=active, asking=parameters.asking(query)
    )
    return _told(call, CancelObservation, result, [path]) if active else Response()


# --- composite operations ---------------------------------------------------------------------


async def read_composite(call: Call) -> Response:
    """Read several nodes at once."""
    query = call.request.query_params
    paths, asking = parameters.paths(query), parameters.asking_composite(query)
    result = await call.services.management.read_composite(call.endpoint, paths, asking)
    return _told(call, ReadComposite, result, paths)


async def write_composite(call: Call) -> Response:
    """Write several nodes at once."""
    asking = parameters.asking_composite(call.request.query_params)
    definitions = call.services.gateway.definitions_of(call.registration)
    given = await call.json()
    if not isinstance(given, dict):
        raise InvalidInput("a Write-Composite is an object of nodes by path")
    try:
        places = {Path.parse(path): node for path, node in given.items()}
    except ObjectsError as fault:
        raise InvalidInput(str(fault)) from fault
    values = {path: from_node(path, node, definitions) for path, node in places.items()}
    result = await call.services.management.write_composite(call.endpoint, values, asking)
    return _told(call, WriteComposite, result, ())


async def observe_composite(call: Call) -> Response:
    """Observe several nodes as one."""
    query = call.request.query_params
    paths, asking = parameters.paths(query), parameters.asking_composite(query)
    result = await call.services.management.observe_composite(call.endpoint, paths, asking)
    return _told(call, ObserveComposite, result, paths)


async def cancel_composite(call: Call) -> Response:
    """Stop observing these very paths."""
    query = call.request.query_params
    paths, active = parameters.paths(query), parameters.is_active(query)
    if active and not call.services.observations.has(call.registration.endpoint, paths):
        named = ", ".join(map(str, paths))
        words = f"no composite observation for paths [{named}] for  client '{call.endpoint}'"
        return text(words, 404)
    result = await call.services.management.cancel_composite(
        call.endpoint, paths, active=active, asking=parameters.asking_composite(query)
    )
    return _told(call, CancelComposite, result, paths) if active else Response()


_HANDLERS: Final[Mapping[tuple[str, str], Handler]] = MappingProxyType(
    {
        ("GET", "all"): every,
        ("GET", "client"): client,
        ("GET", "node"): read,
        ("GET", "resource"): read,
        ("GET", "discover"): discover,
        ("GET", "composite"): read_composite,
        ("PUT", "node"): write,
        ("PUT", "resource"): write,
        ("PUT", "attributes"): write_attributes,
        ("PUT", "composite"): write_composite,
        ("POST", "node"): create,
        ("POST", "resource"): execute,
        ("POST", "observe"): observe,
        ("POST", "composite/observe"): observe_composite,
        ("DELETE", "node"): delete,
        ("DELETE", "resource"): delete,
        ("DELETE", "observe"): cancel,
        ("DELETE", "composite/observe"): cancel_composite,
    }
)


def _told(
    call: Call, operation: type[Operation], result: Result, paths: Iterable[Path]
) -> Response:
    """Return what came of an operation: the answer, or that it waits until the endpoint wakes."""
    if isinstance(result, Queued):
        single = None if operation in _COMPOSITE else next(iter(paths))
        return found(responses.delayed(call.endpoint, result.id, single))
    definitions = call.services.gateway.definitions_of(call.registration)
    return found(responses.to_json(operation, result, definitions, paths))


_COMPOSITE: Final = frozenset({ReadComposite, WriteComposite, ObserveComposite, CancelComposite})


def _media_type(call: Call) -> str:
    return call.request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _content(call: Call) -> object:
    if _media_type(call) not in {"application/json", ""}:
        raise InvalidInput(
            f"content type {_media_type(call)!r} not supported: application/json and, for one"
            " resource, text/plain are"
        )
    content: object = await call.json()
    return content
