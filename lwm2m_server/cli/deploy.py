"""`tinymlaas deploy`: a model or a firmware to one endpoint."""

import time
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from lwm2m_server.protocol.deployment import Delivery, Via

from .client import Json, Server
from .console import AlreadyTold, AsJson, CommandFailed, err, note, out, print_json
from .options import DEFAULT_SERVER, ServerOption

EXAMPLE = "Example: tinymlaas deploy digits --to sim-m4-1 --via module --wait"

_EVERY = 0.3  # seconds between two looks at a deployment


def deploy(
    to: Annotated[str, typer.Option("--to", help="The endpoint.", show_default=False)],
    model: Annotated[str | None, typer.Argument(help="A model of the zoo.")] = None,
    firmware: Annotated[
        str | None, typer.Option("--firmware", help="A stored firmware, NAME or NAME@VERSION.")
    ] = None,
    via: Annotated[
        Via, typer.Option("--via", help="The model alone, or a whole program with it.")
    ] = Via.MODULE,
    delivery: Annotated[
        Delivery, typer.Option("--delivery", help="Have it fetched, or send it.")
    ] = Delivery.AUTO,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Bring a model of the zoo, or a stored firmware, to an endpoint."""
    if (model is None) == (firmware is None):
        raise typer.BadParameter("name either a model of the zoo or --firmware, not both")
    body = {"endpoint": to, "via": via, "model": model, "delivery": delivery}
    with Server(server) as api:
        if firmware is not None:
            body |= {"via": Via.FIRMWARE, "firmware": _reference(api, firmware)}
        deployment = api.post("deployments", body=body)
        if wait:
            deployment = _follow(api, deployment, quiet=as_json)
    if as_json:
        print_json(deployment)
    elif not wait:
        out.print(f"deployment {deployment['id']} to {to} has begun", markup=False)
    if wait:
        _conclude(deployment, quiet=as_json)


def _reference(api: Server, firmware: str) -> str:
    """Return NAME@VERSION; where no version is given there must be only one."""
    if "@" in firmware:
        return firmware
    known = [row["reference"] for row in api.get("firmware") if row["name"] == firmware]
    if len(known) != 1:
        there = ", ".join(known) or "none"
        raise CommandFailed(f"which firmware is {firmware!r}? there is {there}")
    return str(known[0])


def _follow(api: Server, deployment: Json, *, quiet: bool) -> Json:
    """Show progress until the deployment has an outcome, and return it.

    A bar on a terminal; elsewhere a line for each phase, unless `quiet`.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(deployment["phase"], total=None)
        told = None
        while deployment["outcome"] is None:
            if told != deployment["phase"] and not quiet and not err.is_terminal:
                note(f"{deployment['endpoint']}: {deployment['phase']}")
            told = deployment["phase"]
            time.sleep(_EVERY)
            deployment = api.get("deployments", deployment["id"])
            progress.update(
                task,
                description=deployment["phase"],
                completed=deployment["bytes_done"],
                total=deployment["bytes_total"] or None,
            )
    return deployment


def _conclude(deployment: Json, *, quiet: bool) -> None:
    """Say how it ended; anything but success is an error."""
    if deployment["outcome"] != "succeeded":
        reason = deployment["reason"] or "no reason was told"
        outcome = deployment["outcome"]
        raise AlreadyTold(reason if reason.startswith(outcome) else f"{outcome}: {reason}")
    if not quiet:
        cost = deployment["instructions"]
        figures = f", {cost} {(deployment['self_test'] or {}).get('unit') or ''}" if cost else ""
        built = f", built for {deployment['objective']}" if deployment["objective"] else ""
        out.print(f"{deployment['endpoint']}: succeeded{built}{figures}", markup=False)
