"""Builds and their reports."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from compiler.report_html import report_html
from compiler.report_text import FORMAT

from ...service.errors import NotFound
from ...service.views import BuildState
from .. import schemas
from ..deps import Limit, UseCases

router = APIRouter(prefix="/builds", tags=["builds"])


@router.get("")
async def builds(services: UseCases, limit: Limit = 100) -> list[schemas.Build]:
    """List the latest builds, newest first."""
    return [schemas.Build.model_validate(view) for view in await services.builds.builds(limit)]


@router.get("/{key}")
async def build(key: str, services: UseCases) -> schemas.BuildWithReport:
    """Show one build, with the compiler's report where it succeeded."""
    view = await services.builds.build(key)
    shown = schemas.BuildWithReport.model_validate(view)
    if view.state is BuildState.SUCCEEDED:
        shown.report = dict(await services.builds.report(key))
    return shown


@router.get("/{key}/report.html", response_class=HTMLResponse)
async def report_page(key: str, services: UseCases) -> HTMLResponse:
    """Show the report of a build that succeeded as a page, with a picture of its memory plan."""
    report = dict(await services.builds.report(key))
    if report.get("format") != FORMAT:  # of an earlier version, which has it as JSON only
        raise NotFound("page of build", key)
    return HTMLResponse(report_html(report))
