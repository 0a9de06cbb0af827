"""One module per kind of thing under /v1."""

from fastapi import APIRouter

from . import (
    bootstrap,
    builds,
    credentials,
    deployments,
    devices,
    events,
    firmware,
    management,
    models,
    observations,
    requests,
)

router = APIRouter(prefix="/v1")
for part in (
    devices,
    management,
    observations,
    requests,
    credentials,
    bootstrap,
    models,
    firmware,
    builds,
    deployments,
    events,
):
    router.include_router(part.router)
router.include_router(observations.asking)
router.include_router(devices.last)
