"""A request to Leshan's API as its handlers see it, and its faults as that answers them."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from objects.errors import ObjectsError
from objects.path import Path

from ...protocol.registration import Registration
from ...service.errors import (
    EndpointUnreachable,
    InvalidInput,
    NotFound,
    NotRegistered,
    ServiceError,
    UnreadableAnswer,
)
from ...service.services import Services

# Half a character in UTF-16: JSON lets it be written alone, and UTF-8 has nothing for it.
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_UNKNOWN: Final = "No registered client with id '{0.endpoint}'"

# As Leshan's `ClientServlet.handleException` has them, by the closest class.
_FAULTS: Final[Mapping[type[Exception], tuple[int, str]]] = MappingProxyType(
    {
        NotRegistered: (400, _UNKNOWN),
        NotFound: (400, "No registered client with id '{0.name}'"),
        InvalidInput: (400, "Invalid request: {0}"),
        ObjectsError: (400, "Invalid request: {0}"),
        UnreadableAnswer: (500, "Invalid Response: {0}"),
        EndpointUnreachable: (504, "Request timeout"),
        ServiceError: (400, "Invalid request: {0}"),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request below `/api/...`; `segments` are those of its path below that, decoded singly."""

    request: Request
    segments: tuple[str, ...]

    @property
    def services(self) -> Services:
        """The use-cases."""
        services: Services = self.request.app.state.services
        return services

    @property
    def endpoint(self) -> str:
        """The endpoint's name, which comes first."""
        return self.segments[0]

    @property
    def registration(self) -> Registration:
        """The endpoint's registration; raises `NotRegistered`."""
        return self.services.gateway.registration(self.endpoint)

    def path(self, *, without: int = 0) -> Path:
        """Return the LwM2M path behind the endpoint, less the last words; raises `InvalidPath`."""
        return Path.parse("/".join(self.segments[1 : len(self.segments) - without]))

    async def text(self) -> str:
        """Return the body as text; raises `InvalidInput`."""
        try:
            return (await self.request.body()).decode()
        except UnicodeDecodeError as fault:
            raise InvalidInput(f"the body is no UTF-8 (at byte {fault.start})") from None

    async def json(self) -> Any:
        """Return what the body holds, all of it text that can be stored; raises `InvalidInput`."""
        text = await self.text()
        try:
            found = json.loads(text, parse_constant=_no_constant)
            if _SURROGATE.search(text):
                json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as fault:
            raise InvalidInput(f"the body is no JSON: {str(fault)[:100]}") from None
        return found


Handler = Callable[[Call], Awaitable[Response]]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def segments(request: Request, below: str) -> tuple[str, ...]:
    """Return the segments of a request's path below `below`: `%2F` belongs to its segment."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    inner = raw.decode("latin-1").partition("?")[0].removeprefix(below)
    return tuple(unquote(one) for one in inner.split("/") if one)


async def carried_out(call: Call, handler: Handler) -> Response:
    """Return the handler's answer, or the one that a fault has."""
    try:
        return await handler(call)
    except (ServiceError, ObjectsError) as fault:
        kind = next(one for one in type(fault).__mro__ if one in _FAULTS)
        code, words = _FAULTS[kind]
        return text(words.format(fault), code)


def text(words: str, code: int) -> Response:
    """Return a refusal as Leshan has it: a sentence in plain text."""
    return PlainTextResponse(words, code)


def found(content: Any) -> Response:
    """Return what was asked for."""
    return JSONResponse(content)


INVALID_PATH: Final = "Invalid path"
