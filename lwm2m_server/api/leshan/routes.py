"""All of Leshan's API on the device management server, below `/api`."""

from fastapi import APIRouter, FastAPI

from ...service.services import Services
from . import clients, events, objectspecs, security, servers
from .feed import Feed


def install(app: FastAPI, services: Services) -> None:
    """Have `app` answer below `/api`; `app.state` has its services and `stopping` already.

    `app.state.coap_uris` are where devices register, once that is known.
    """
    app.state.leshan_feed = Feed(services, app.state.stopping)
    app.state.credentials = services.credentials
    app.state.coap_uris = ()
    router = APIRouter(prefix="/api")
    for part in (clients, events, security, servers, objectspecs):
        router.include_router(part.router)
    app.include_router(router)
