"""Faults as HTTP statuses: the one place where they meet."""

import json
from collections.abc import Mapping
from types import MappingProxyType

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from compiler.errors import CompileError
from objects.errors import ObjectsError, shown

from ..service.errors import (
    Conflict,
    EndpointUnreachable,
    InvalidInput,
    NotFound,
    OperationRefused,
    QueueFull,
    ServiceError,
    UnreadableAnswer,
)

_log = structlog.get_logger(__name__)

_STATUS: Mapping[type[Exception], int] = MappingProxyType(
    {
        NotFound: 404,
        QueueFull: 429,
        Conflict: 409,
        InvalidInput: 400,
        OperationRefused: 502,
        UnreadableAnswer: 502,
        EndpointUnreachable: 504,
        ObjectsError: 400,
        CompileError: 400,
        ServiceError: 400,
    }
)


def status_of(fault: Exception) -> int:
    """Return the status of the closest class that has one, 500 where none has."""
    return next((_STATUS[kind] for kind in type(fault).__mro__ if kind in _STATUS), 500)


def install(app: FastAPI) -> None:
    """Have every fault answered as `{"detail": ...}`, and none with a traceback."""

    async def told(_: Request, fault: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(fault)}, status_of(fault))

    async def untold(request: Request, fault: Exception) -> JSONResponse:
        _log.error("a request failed", path=request.url.path, exc_info=fault)
        return JSONResponse({"detail": "the server failed; its log says why"}, 500)

    async def malformed(_: Request, fault: Exception) -> Response:
        assert isinstance(fault, RequestValidationError)  # noqa: S101 - see below
        # `input` as text, for it may be what JSON cannot hold: infinity, half a surrogate.
        faults = [
            {key: one[key] for key in ("type", "loc", "msg")} | {"input": shown(one.get("input"))}
            for one in fault.errors()
        ]
        body = json.dumps({"detail": faults}, default=str)  # in ASCII, whatever it names
        return Response(body, 422, media_type="application/json")

    app.add_exception_handler(RequestValidationError, malformed)
    for kind in (ServiceError, ObjectsError, CompileError):
        app.add_exception_handler(kind, told)
    app.add_exception_handler(Exception, untold)
