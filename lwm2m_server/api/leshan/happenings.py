"""Events of this server's log as Leshan's demo names and tells them."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from objects.codecs import Record
from objects.errors import ObjectsError
from objects.path import Path
from objects.registry import Registry as Definitions
from objects.tree import from_leaves
from objects.value import Value

from ...protocol.events import Event, EventKind
from ...service.errors import InvalidInput, ServiceError
from ...service.requests import answer_to
from ...service.services import Services
from ...service.values import value_of
from . import responses
from .nodes import to_node, to_nodes


class Happening(NamedTuple):
    """What is told of an event: its name there, and its data."""

    name: str
    data: dict[str, Any]


async def happening(event: Event, services: Services) -> Happening | None:
    """Return what Leshan would tell of an event, None where it would tell nothing.

    What an endpoint reported and cannot be read is passed over, as it is there.
    """
    found = _TOLD.get(event.kind)
    if found is None or event.endpoint is None:
        return None
    name, tell = found
    try:
        told = await tell(event, services)
    except (ObjectsError, ServiceError):
        return None
    return None if told is None else Happening(name, {"ep": event.endpoint, **told})


_Told = dict[str, Any] | None


async def _presence(_event: Event, _services: Services) -> _Told:
    return {}


async def _notification(event: Event, services: Services) -> _Told:
    if "values" not in event.data:
        return None
    definitions = _definitions(services, event)
    records = _records(event, definitions)
    if "paths" in event.data:
        paths = [Path.parse(path) for path in event.data["paths"]]
        shown = to_nodes(paths, records, definitions)
        return {"kind": "composite", "val": shown, "paths": event.data["paths"]}
    path = Path.parse(event.data["path"])
    values = ((one.path, one.value) for one in records if one.value is not None)
    node = to_node(path, from_leaves(path, values), definitions)
    return {"kind": "single", "res": event.data["path"], "val": node}


async def _send(event: Event, services: Services) -> _Told:
    definitions = _definitions(services, event)
    records = _records(event, definitions)
    # A Send names no paths above its values: each is told by its own.
    return {"val": to_nodes([one.path for one in records], records, definitions)}


async def _response(event: Event, services: Services) -> _Told:
    """Tell how a request ended that had waited; of one that got no answer there is nothing."""
    request = await services.queue.outcome(event.data["id"])
    definitions = _definitions(services, event)
    answer = answer_to(request, definitions)
    if answer is None:
        return None
    operation = type(request.operation)
    paths = getattr(request.operation, "paths", None) or (request.operation.path,)
    told = responses.delayed(request.endpoint, request.id, _single(request.operation.path))
    return {**told, "response": responses.to_json(operation, answer, definitions, paths)}


def _single(path: Path) -> Path | None:
    return path if path.parts else None


_Teller = Callable[[Event, Services], Awaitable[_Told]]

_TOLD: Final[Mapping[EventKind, tuple[str, _Teller]]] = MappingProxyType(
    {
        EventKind.AWAKE: ("AWAKE", _presence),
        EventKind.SLEEPING: ("SLEEPING", _presence),
        EventKind.NOTIFICATION: ("NOTIFICATION", _notification),
        EventKind.SEND: ("SEND", _send),
        EventKind.RESPONSE: ("REQUEST_RESPONSE", _response),
    }
)


def _definitions(services: Services, event: Event) -> Definitions:
    registration = services.registrations.by_endpoint(event.endpoint or "")
    gateway = services.gateway
    return gateway.definitions if registration is None else gateway.definitions_of(registration)


def _records(event: Event, definitions: Definitions) -> tuple[Record, ...]:
    return tuple(
        Record(path, None if told is None else _value(path, told, definitions))
        for path, told in ((Path.parse(path), told) for path, told in event.data["values"].items())
    )


def _value(path: Path, told: Any, definitions: Definitions) -> Value:
    """Return a value of the log as its definition has it, else as the log does."""
    try:
        return value_of(path, told, definitions)
    except InvalidInput:
        value: Value = told
        return value
