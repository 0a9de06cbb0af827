"""Operations as CoAP requests, and CoAP responses as values (OMA LwM2M Transport 1.1 §6.4)."""

from collections.abc import Callable
from typing import Any

from aiocoap import Message
from aiocoap.numbers.codes import Code

from objects.path import Path

from ..protocol.operations import (
    CancelObservation,
    Create,
    Delete,
    Discover,
    Execute,
    Observe,
    Operation,
    Read,
    Response,
    Write,
)

_TEXT = 0
_LINK_FORMAT = 40


def _read(operation: Read) -> Message:
    return Message(code=Code.GET, accept=operation.accept)


def _discover(_: Discover) -> Message:
    return Message(code=Code.GET, accept=_LINK_FORMAT)


def _write(operation: Write) -> Message:
    code = Code.PUT if operation.replace else Code.POST
    return Message(code=code, payload=operation.payload, content_format=operation.content_format)


def _execute(operation: Execute) -> Message:
    if not operation.arguments:
        return Message(code=Code.POST)
    return Message(code=Code.POST, payload=operation.arguments.encode(), content_format=_TEXT)


def _create(operation: Create) -> Message:
    return Message(
        code=Code.POST, payload=operation.payload, content_format=operation.content_format
    )


def _delete(_: Delete) -> Message:
    return Message(code=Code.DELETE)


def _observe(operation: Observe) -> Message:
    return Message(code=Code.GET, accept=operation.accept, observe=0)


def _cancel(_: CancelObservation) -> Message:
    return Message(code=Code.GET, observe=1)


_REQUESTS: dict[type, Callable[[Any], Message]] = {
    Read: _read,
    Discover: _discover,
    Write: _write,
    Execute: _execute,
    Create: _create,
    Delete: _delete,
    Observe: _observe,
    CancelObservation: _cancel,
}


def request_of(operation: Operation, root: str) -> Message:
    """Return the request that carries `operation` out below the client's `root`."""
    message = _REQUESTS[type(operation)](operation)
    message.opt.uri_path = uri_path(operation.path, root)
    return message


def uri_path(path: Path, root: str) -> tuple[str, ...]:
    """Return the Uri-Path options of `path` below `root` (`/` or the client's alternate path)."""
    return (*(part for part in root.split("/") if part), *(str(part) for part in path.parts))


def response_of(message: Message) -> Response:
    """Return what the endpoint answered, as a value."""
    content_format = message.opt.content_format
    return Response(
        code=int(message.code),
        payload=bytes(message.payload),
        content_format=None if content_format is None else int(content_format),
    )
