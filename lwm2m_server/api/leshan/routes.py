"""All of Leshan's API on the device management server, below `/api`."""

from fastapi import APIRouter

from . import clients

router = APIRouter(prefix="/api", include_in_schema=False)
router.include_router(clients.router)
