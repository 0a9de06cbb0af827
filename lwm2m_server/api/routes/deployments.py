"""Deployments: begin, follow, cancel."""

from fastapi import APIRouter

from .. import schemas
from ..deps import Limit, UseCases

router = APIRouter(prefix="/deployments", tags=["deployments"])


@router.post("", status_code=201)
async def deploy(new: schemas.NewDeployment, services: UseCases) -> schemas.Deployment:
    """Begin to bring a model or a firmware to an endpoint."""
    return schemas.Deployment.model_validate(await services.deployments.deploy(new.request()))


@router.get("")
async def deployments(
    services: UseCases, endpoint: str | None = None, limit: Limit = 100
) -> list[schemas.Deployment]:
    """List the latest deployments, newest first."""
    views = await services.deployments.deployments(endpoint, limit)
    return [schemas.Deployment.model_validate(view) for view in views]


@router.get("/{deployment}")
async def deployment(deployment: str, services: UseCases) -> schemas.Deployment:
    """Show one deployment."""
    return schemas.Deployment.model_validate(await services.deployments.get(deployment))


@router.post("/{deployment}/cancel")
async def cancel(deployment: str, services: UseCases) -> schemas.Deployment:
    """Cancel, as long as nothing irrevocable was sent."""
    return schemas.Deployment.model_validate(await services.deployments.cancel(deployment))
