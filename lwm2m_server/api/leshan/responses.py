"""What an endpoint answered, in the JSON of Leshan's demo."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from objects.path import Path
from objects.registry import Registry as Definitions

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
from ...service.answers import Answer
from . import links
from .nodes import to_node, to_nodes

# RFC 7252 §12.1.2, RFC 8132 §6, in the words of Leshan's `ResponseCode`, which has those alone.
_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        201: "CREATED",
        202: "DELETED",
        204: "CHANGED",
        205: "CONTENT",
        400: "BAD_REQUEST",
        401: "UNAUTHORIZED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        405: "METHOD_NOT_ALLOWED",
        406: "NOT_ACCEPTABLE",
        408: "REQUEST_ENTITY_INCOMPLETE",
        412: "PRECONDITION_FAILED",
        413: "REQUEST_ENTITY_TOO_LARGE",
        415: "UNSUPPORTED_CONTENT_FORMAT",
        500: "INTERNAL_SERVER_ERROR",
    }
)

_ANY: Final = (400, 401, 404, 405, 500)
_WRITTEN: Final = (408, 413, 415)
_FETCHED: Final = (406, 415)

# What success is, and which other codes the standard lets an endpoint answer with.
_EXPECTED: Final[Mapping[type[Operation], tuple[int, tuple[int, ...]]]] = MappingProxyType(
    {
        Read: (205, (*_ANY, 406)),
        Discover: (205, _ANY),
        Write: (204, (*_ANY, *_WRITTEN)),
        WriteAttributes: (204, _ANY),
        Execute: (204, _ANY),
        Create: (201, (*_ANY, *_WRITTEN)),
        Delete: (202, _ANY),
        Observe: (205, (*_ANY, 406)),
        CancelObservation: (205, (*_ANY, 406)),
        ReadComposite: (205, (*_ANY, *_FETCHED)),
        WriteComposite: (204, (*_ANY, *_WRITTEN)),
        ObserveComposite: (205, (*_ANY, *_FETCHED)),
        CancelComposite: (205, (*_ANY, *_FETCHED)),
    }
)


def status(code: int) -> str:
    """Return a CoAP code as `CONTENT(205)`."""
    number = _number(code)
    return f"{_NAMES.get(number, 'UNKNOWN')}({number})"


def to_json(
    operation: type[Operation],
    answer: Answer,
    definitions: Definitions,
    paths: Iterable[Path] = (),
) -> dict[str, Any]:
    """Return an answer as it goes out; `paths` are those that were asked for, of nodes or one."""
    number = _number(answer.response.code)
    success, others = _EXPECTED[operation]
    told: dict[str, Any] = {
        "status": status(answer.response.code),
        "valid": number == success or number in others,
        "success": number == success,
        "failure": number != success,
    }
    told.update(_carried(answer, definitions, tuple(paths)))
    if answer.created is not None:
        told["location"] = "/".join(map(str, answer.created.parts))
    if number != success and answer.response.payload:
        told["errormessage"] = answer.response.payload.decode(errors="replace")
    return told


def delayed(endpoint: str, request: str, path: Path | None) -> dict[str, Any]:
    """Return what is said of a request that waits until its endpoint is awake."""
    told: dict[str, Any] = {"ep": endpoint}
    if path is not None:
        told["path"] = str(path)
    return {**told, "requestId": request, "delayed": True}


def _carried(
    answer: Answer, definitions: Definitions, paths: tuple[Path, ...]
) -> Mapping[str, Any]:
    if answer.node is not None:
        return {"content": to_node(paths[0], answer.node, definitions)}
    if answer.records is not None:
        return {"content": to_nodes(paths, answer.records, definitions)}
    if answer.links is not None:
        return {"objectLinks": links.to_json(answer.links)}
    return {}


def _number(code: int) -> int:
    return (code >> 5) * 100 + (code & 31)
