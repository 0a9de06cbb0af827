"""Models of the zoo."""

from typing import Annotated

from fastapi import APIRouter, Body

from .. import schemas
from ..deps import UseCases

router = APIRouter(prefix="/models", tags=["models"])

Upload = Annotated[bytes, Body(media_type="application/octet-stream")]


@router.get("")
async def models(services: UseCases) -> list[schemas.Model]:
    """List the zoo."""
    return [schemas.Model.model_validate(view) for view in await services.catalogue.models()]


@router.get("/{name}")
async def model(name: str, services: UseCases) -> schemas.Model:
    """Show one model."""
    return schemas.Model.model_validate(await services.catalogue.model(name))


@router.put("/{name}", status_code=201)
async def add(name: str, content: Upload, services: UseCases) -> schemas.Model:
    """Keep the .tflite file that the body holds."""
    return schemas.Model.model_validate(await services.catalogue.add_model(name, content))
