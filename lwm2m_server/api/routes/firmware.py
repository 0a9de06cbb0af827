"""Firmware that operators built themselves."""

from typing import Annotated

from fastapi import APIRouter, Body

from .. import schemas
from ..deps import UseCases

router = APIRouter(prefix="/firmware", tags=["firmware"])

Upload = Annotated[bytes, Body(media_type="application/octet-stream")]


@router.get("")
async def firmware(services: UseCases) -> list[schemas.Firmware]:
    """List the stored firmware images."""
    return [schemas.Firmware.model_validate(view) for view in await services.catalogue.firmware()]


@router.put("/{name}/{version}", status_code=201)
async def add(
    name: str,
    version: str,
    content: Upload,
    services: UseCases,
    board: str | None = None,
    reports: str | None = None,
) -> schemas.Firmware:
    """Keep the image that the body holds, byte for byte."""
    view = await services.catalogue.add_firmware(
        name, version, content, board=board, reports=reports
    )
    return schemas.Firmware.model_validate(view)
