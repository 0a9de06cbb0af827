"""The application: routes, errors, limits and an OpenAPI page that needs no internet."""

import asyncio
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline

from ..service.services import Services
from . import errors, schemas
from .deps import UseCases
from .leshan import routes as leshan
from .limits import BodyLimit
from .routes import router

_DESCRIPTION = """Machine learning for microcontrollers as a service: devices register over LwM2M,
get models compiled for what they are, receive them over the air and run them.

Below `/api` the same devices are managed in the shape of Eclipse Leshan's demo server, for
scripts and suites made for that; all else is below `/v1`.

Times are seconds since the epoch, sizes are bytes, hashes are hexadecimal. A refusal is
`{"detail": "what was wrong"}`."""

# In the order of the page.
_TAGS = {
    "devices": "What has registered, what it is, and what it runs.",
    "resources": "Devices' resources by path: read, written, executed, created, discovered.",
    "observations": "What devices report of their resources by themselves.",
    "requests": "What waits for devices in queue mode to wake, and how it ended.",
    "credentials": "What devices prove themselves with; keys are never read back.",
    "bootstrap": "What endpoints are told when they first come, and asking them to come anew.",
    "models": "The zoo: `.tflite` files that deployments name.",
    "firmware": "Images that operators built themselves, kept byte for byte.",
    "deployments": "One model or firmware on its way to one endpoint.",
    "builds": "What was compiled, for what, and the compiler's report.",
    "events": "What happens: from the store, or followed as Server-Sent Events.",
    leshan.TAG: "`/api`: the same devices in the shape of Eclipse Leshan's demo server.",
    "health": "Whether the server answers.",
}


def create_api(services: Services, *, upload_limit: int) -> FastAPI:
    """Return the ASGI application on `services`; bodies have at most `upload_limit` bytes."""
    app: FastAPI = FastAPIOffline(
        title="TinyMLaaS",
        version=version("tinymlaas"),
        description=_DESCRIPTION,
        openapi_tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
        # Given and not included: that would make each of them anew for each application.
        routes=[*router.routes, *leshan.router.routes],
    )
    app.state.services = services
    app.state.stopping = asyncio.Event()  # once set, streams end
    leshan.install(app, services)
    app.add_api_route("/", start, include_in_schema=False)
    app.add_api_route("/health", health, tags=["health"])
    _summarise(app)
    app.add_middleware(BodyLimit, limit=upload_limit)
    errors.install(app)
    return app


def _summarise(app: FastAPI) -> None:
    """Have the page show each operation's docstring instead of its function's name.

    The document is made when it is first asked for: that takes longer than all else at a start.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for operations in plain()["paths"].values():
                for operation in operations.values():
                    operation["summary"] = operation["description"].splitlines()[0].rstrip(".")
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]


async def start() -> RedirectResponse:
    """Lead who opens the address in a browser to the page that explains it."""
    return RedirectResponse("docs")


async def health(services: UseCases) -> schemas.Health:
    """Tell that the server answers."""
    return schemas.Health(
        status="ok",
        version=version("tinymlaas"),
        registrations=len(services.registrations.all()),
    )
