"""The API of Leshan's bootstrap server demo, on an HTTP port of its own.

`/api/bootstrap` (`BootstrapServlet`), `/api/security` of the credentials that endpoints prove
themselves with there, `/api/server`, and `/api/event` with what happens to bootstraps.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from ...protocol.events import Event, EventKind
from ...service.errors import NotFound
from ...service.services import Services
from .. import errors
from ..limits import BodyLimit
from ..streams import until
from . import security, servers
from .calls import Call, carried_out, found, segments, text
from .configurations import from_json, to_json
from .events import KEEP_ALIVE

router = APIRouter(include_in_schema=False)

_BELOW: Final = "/api/bootstrap"
_UNNAMED: Final = "endpoint name should be specified in the URL"


@router.api_route("/bootstrap", methods=["GET"])
async def configurations(request: Request) -> Response:
    """List all configurations, without keys."""
    listed = request.app.state.services.bootstrap.configurations.list()
    return found({view.name: to_json(view) for view in listed})


@router.api_route("/bootstrap/{rest:path}", methods=["GET", "POST", "DELETE"])
async def configuration(request: Request) -> Response:
    """Keep or forget what is meant for an endpoint."""
    call = Call(request, segments(request, _BELOW))
    if request.method == "GET":
        return text("bad URL", 404)
    if len(call.segments) != 1:
        return text(_UNNAMED if not call.segments else f"{_UNNAMED}, nothing more", 400)
    return await carried_out(call, _keep if request.method == "POST" else _forget)


async def _keep(call: Call) -> Response:
    kept = call.services.bootstrap.configurations
    await kept.put(call.endpoint, from_json(await call.json()))
    return Response()


async def _forget(call: Call) -> Response:
    try:
        await call.services.bootstrap.configurations.remove(call.endpoint)
    except NotFound:
        return text(f"no config for {call.endpoint}", 404)
    return Response(status_code=204)


@router.get("/event")
async def event(request: Request, ep: str | None = None) -> EventSourceResponse:
    """Follow what happens to bootstraps from now on, of all endpoints or, with `ep`, of one."""
    log = request.app.state.services.events
    happened = until(request.app.state.stopping, log.follow(log.last))

    async def told() -> AsyncIterator[dict[str, str]]:
        async for one in happened:
            if one.kind is EventKind.BOOTSTRAP and ep in {None, one.endpoint}:
                data = json.dumps(event_to_json(one), ensure_ascii=False)
                yield {"event": "BSSESSION", "data": data}

    return EventSourceResponse(told(), ping=KEEP_ALIVE)


_NAMES: Final = {"beginning": "new session", "succeeded": "finished", "failed": "failed"}


def event_to_json(event: Event) -> dict[str, Any]:
    """Return what happened to a bootstrap as it goes out."""
    phase = event.data["phase"]
    messages = {
        "beginning": f"Bootstrap Request from {event.data.get('address')}",
        "succeeded": "Bootstrap session finished with success",
        "failed": f"Bootstrap session failed : {event.data.get('reason')}",
    }
    return {
        "name": _NAMES.get(phase, phase),
        "endpoint": event.endpoint,
        "time": int(event.at * 1000),
        "message": messages.get(phase, phase),
    }


_below = APIRouter(prefix="/api")
for part in (router, security.router, servers.router):
    _below.include_router(part)


def create_bootstrap_api(services: Services, *, upload_limit: int) -> FastAPI:
    """Return the ASGI application; `app.state.coap_uris` are where endpoints are bootstrapped."""
    app = FastAPI(title="TinyMLaaS bootstrap server", openapi_url=None, routes=[*_below.routes])
    app.state.services = services
    app.state.stopping = asyncio.Event()
    app.state.credentials = services.bootstrap.credentials
    app.state.coap_uris = ()
    app.add_middleware(BodyLimit, limit=upload_limit)
    errors.install(app)
    return app
