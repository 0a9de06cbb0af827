"""`tinymlaas requests`: what waits for devices that sleep, and how it ended."""

import time
from typing import Annotated

import typer
from rich.table import Table

from .client import Json, Server
from .console import AsJson, note, out, print_json
from .options import DEFAULT_SERVER, ServerOption
from .outcomes import WaitOption, ended, links_of, show_links, show_values

app = typer.Typer(help="Requests to devices that sleep; lists them where no command follows.")

EXAMPLE = "Example: tinymlaas requests list esp-1"

RequestArgument = Annotated[str, typer.Argument(help="A request's id.", show_default=False)]


@app.callback(invoke_without_command=True)
def requests(
    context: typer.Context, as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the latest requests where no command follows."""
    if context.invoked_subcommand is None:
        list_requests(as_json=as_json, server=server)


@app.command("list", epilog=EXAMPLE)
def list_requests(
    endpoint: Annotated[str | None, typer.Argument(show_default=False)] = None,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List the latest requests that waited or wait, newest first."""
    with Server(server) as api:
        found = api.get("requests", **({} if endpoint is None else {"endpoint": endpoint}))
    if as_json:
        print_json(found)
        return
    if not found:
        note("nothing has waited for a device in queue mode")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "device", "operation", "path", "state", "since"):
        table.add_column(name, overflow="fold")
    for one in found:
        path = ", ".join(one["paths"]) or one["path"]
        since = time.strftime("%H:%M:%S", time.localtime(one["created_at"]))
        state = f"{one['state']} {one['code'] or ''}".strip()
        table.add_row(one["id"], one["endpoint"], one["operation"], path, state, since)
    out.print(table, markup=False)


@app.command("show")
def show(
    request: RequestArgument,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show one request, and what the device answered."""
    with Server(server) as api:
        one = ended(api, request) if wait else api.get("requests", request)
    if as_json:
        print_json(one)
        return
    _show(one)


@app.command("cancel")
def cancel(
    request: RequestArgument, as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER
) -> None:
    """Take a request out of the queue, as long as it was not sent."""
    with Server(server) as api:
        one = api.post("requests", request, "cancel")
    if as_json:
        print_json(one)
        return
    _show(one)


def _show(one: Json) -> None:
    about = ", ".join(one["paths"]) or one["path"]
    ending = " ".join(word for word in (one["state"], one["code"], one["reason"]) if word)
    out.print(f"{one['endpoint']}  {one['operation']} {about}  {ending}", markup=False)
    if one.get("values"):
        show_values(one["values"])
    if one.get("links"):
        show_links(links_of(one))
    if one.get("created"):
        out.print(f"created {one['created']}", markup=False)
