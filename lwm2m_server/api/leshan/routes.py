"""All of Leshan's API on the device management server, below `/api`."""

from typing import Final

from fastapi import APIRouter, FastAPI

from ...service.services import Services
from . import clients, events, objectspecs, security, servers
from .feed import Feed

TAG: Final = "leshan"

router = APIRouter(prefix="/api", tags=[TAG])
for part in (clients, events, security, servers, objectspecs):
    router.include_router(part.router)


def install(app: FastAPI, services: Services) -> None:
    """Give `app` what `router` asks of it; `app.state` has its services and `stopping` already.

    `app.state.coap_uris` are where devices register, once that is known.
    """
    app.state.leshan_feed = Feed(services, app.state.stopping)
    app.state.credentials = services.credentials
    app.state.coap_uris = ()
