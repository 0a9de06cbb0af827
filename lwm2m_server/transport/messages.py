"""Operations as CoAP requests, and CoAP responses as values (OMA LwM2M Transport 1.2 §6.4)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from objects.path import Path

from ..coap.message import Message, Options
from ..coap.numbers import Code
from ..protocol.operations import (
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
    Response,
    Write,
    WriteAttributes,
    WriteComposite,
)

TEXT: Final = 0
LINK_FORMAT: Final = 40
OPAQUE: Final = 42
# RFC 7641 §2: what Observe says in a request.
REGISTER: Final = 0
DEREGISTER: Final = 1


# A method, the options beside the path, and a payload.
_Parts = tuple[Code, dict[str, Any], bytes]


def _fetch(told: Any, **more: int) -> _Parts:
    """RFC 8132 §2: the payload says what is asked for."""
    options = {"content_format": told.content_format, "accept": told.accept, **more}
    return Code.FETCH, options, told.payload


_REQUESTS: Final[Mapping[type, Callable[[Any], _Parts]]] = MappingProxyType(
    {
        Read: lambda told: (Code.GET, {"accept": told.accept}, b""),
        Discover: lambda _: (Code.GET, {"accept": LINK_FORMAT}, b""),
        Write: lambda told: (
            Code.PUT if told.replace else Code.POST,
            {"content_format": told.content_format},
            told.payload,
        ),
        Execute: lambda told: (
            Code.POST,
            {"content_format": TEXT} if told.arguments else {},
            told.arguments.encode(),
        ),
        Create: lambda told: (Code.POST, {"content_format": told.content_format}, told.payload),
        Delete: lambda _: (Code.DELETE, {}, b""),
        Observe: lambda told: (Code.GET, {"accept": told.accept, "observe": REGISTER}, b""),
        CancelObservation: lambda _: (Code.GET, {"observe": DEREGISTER}, b""),
        WriteAttributes: lambda told: (Code.PUT, {"uri_query": told.attributes.query()}, b""),
        ReadComposite: _fetch,
        WriteComposite: lambda told: (
            Code.IPATCH,
            {"content_format": told.content_format},
            told.payload,
        ),
        ObserveComposite: lambda told: _fetch(told, observe=REGISTER),
        CancelComposite: lambda told: (
            Code.FETCH,
            {"content_format": told.content_format, "observe": DEREGISTER},
            told.payload,
        ),
    }
)


def request_of(operation: Operation, root: str) -> Message:
    """Return the request that carries `operation` out below the client's `root`."""
    code, told, payload = _REQUESTS[type(operation)](operation)
    return Message(code, Options(uri_path=uri_path(operation.path, root), **told), payload)


def uri_path(path: Path, root: str) -> tuple[str, ...]:
    """Return the Uri-Path options of `path` below `root` (`/` or the client's alternate path)."""
    return (*(part for part in root.split("/") if part), *(str(part) for part in path.parts))


def response_of(message: Message) -> Response:
    """Return what the endpoint answered, as a value."""
    options = message.options
    payload = bytes(message.payload)
    return Response(message.code, payload, options.content_format, tuple(options.location_path))
