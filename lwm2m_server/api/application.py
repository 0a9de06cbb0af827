"""The application: routes, errors, limits and an OpenAPI page that needs no internet."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from ..service.services import Services
from . import errors, schemas
from .deps import UseCases
from .limits import BodyLimit
from .routes import router


def create_api(services: Services, *, upload_limit: int) -> FastAPI:
    """Return the ASGI application on `services`; bodies have at most `upload_limit` bytes."""
    app: FastAPI = FastAPIOffline(
        title="TinyMLaaS",
        version=version("tinymlaas"),
        description="Machine learning for microcontrollers as a service.",
    )
    app.state.services = services
    app.include_router(router)
    app.add_api_route("/health", health, tags=["health"])
    app.add_middleware(BodyLimit, limit=upload_limit)
    errors.install(app)
    return app


async def health(services: UseCases) -> schemas.Health:
    """Tell that the server answers."""
    return schemas.Health(
        status="ok",
        version=version("tinymlaas"),
        registrations=len(services.registrations.all()),
    )
