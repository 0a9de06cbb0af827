"""`tinymlaas bootstrap`: what endpoints are told when they first come."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from .client import Json, Server
from .console import AsJson, CommandFailed, note, out, print_json
from .files import read_file, read_key
from .options import DEFAULT_SERVER, ServerOption

app = typer.Typer(
    help="What endpoints are told when they first come; lists it where no command follows.",
)

EXAMPLE = "Example: tinymlaas bootstrap set --all --uri coaps://lwm2m.example.org:5684"
_DEFAULT = "*"

WhoArgument = Annotated[str | None, typer.Argument(help="The endpoint's name.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="All endpoints without one of their own.")]


@app.callback(invoke_without_command=True)
def bootstrap(
    context: typer.Context, as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the configurations where no command follows."""
    if context.invoked_subcommand is None:
        list_configurations(as_json=as_json, server=server)


@app.command("list")
def list_configurations(as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER) -> None:
    """List what endpoints are bootstrapped with; keys are never shown."""
    with Server(server) as api:
        found = api.get("bootstrap", "configurations")
    if as_json:
        print_json(found)
        return
    if not found:
        note("nobody can be bootstrapped; `tinymlaas bootstrap set` lets an endpoint")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("endpoint", "servers", "deleted before", "state"):
        table.add_column(name, overflow="fold")
    for row in found:
        who = "(all others)" if row["name"] == _DEFAULT else row["name"]
        state = "damaged" if row["damaged"] else "in force"
        table.add_row(who, ", ".join(_servers(row)), ", ".join(row["delete"]), state)
    out.print(table)


@app.command("show")
def show(
    endpoint: WhoArgument = None,
    for_all: AllOption = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show one configuration as JSON, without its keys."""
    with Server(server) as api:
        print_json(api.get("bootstrap", "configurations", _name(endpoint, for_all)))


@app.command("set", epilog=EXAMPLE)
def put(
    endpoint: WhoArgument = None,
    for_all: AllOption = False,
    uri: Annotated[
        str | None,
        typer.Option("--uri", help="Where to register: coap://HOST:PORT or coaps://HOST:PORT."),
    ] = None,
    lifetime: Annotated[int, typer.Option("--lifetime", min=1, help="Of it, in seconds.")] = 86400,
    short_server_id: Annotated[int, typer.Option("--ssid", min=1, max=65534)] = 1,
    psk_identity: Annotated[
        str | None,
        typer.Option("--psk-identity", help="With --psk-key-hex; default: the endpoint's name."),
    ] = None,
    psk_key_hex: Annotated[
        str | None,
        typer.Option(
            "--psk-key-hex",
            metavar="FILE|-",
            help="The key in hexadecimal; default, with coaps: this server's own credential.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="All of a configuration as JSON, as the API takes it."),
    ] = None,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Say what an endpoint is bootstrapped with, in place of what was said before."""
    if (uri is None) == (file is None):
        raise typer.BadParameter("give --uri, or --file with a whole configuration")
    if file is not None:
        body = _document(file)
    else:
        account: Json = {"uri": uri, "lifetime": lifetime, "short_server_id": short_server_id}
        account["identity"] = psk_identity
        if psk_key_hex is not None:
            account["key"] = read_key(psk_key_hex, "--psk-key-hex")
        body = {"accounts": [account]}
    name = _name(endpoint, for_all)
    with Server(server) as api:
        made = api.put("bootstrap", "configurations", name, body=body)
    if as_json:
        print_json(made)
        return
    who = "all other endpoints" if name == _DEFAULT else name
    out.print(f"{who}: {', '.join(_servers(made))}", markup=False)


@app.command("remove")
def remove(
    endpoint: WhoArgument = None,
    for_all: AllOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Forget what an endpoint is bootstrapped with; what it was told stays with it."""
    name = _name(endpoint, for_all)
    with Server(server) as api:
        api.delete("bootstrap", "configurations", name)
    if as_json:
        print_json({"removed": name})
    else:
        out.print(f"removed {name}", markup=False)


@app.command("trigger")
def trigger(
    endpoint: Annotated[str, typer.Argument(help="A registered endpoint.")],
    instance: Annotated[
        int | None, typer.Option("--instance", help="Of Object 1, by which it knows this server.")
    ] = None,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Have a registered endpoint bootstrap anew (Execute /1/x/9, from LwM2M 1.1 on)."""
    with Server(server) as api:
        query = {} if instance is None else {"instance": instance}
        told = api.post("bootstrap", "sessions", endpoint, **query)
    if as_json:
        print_json({"triggered": endpoint, "queued": told and told["queued"]})
        return
    when = "once it wakes" if told else "now"
    out.print(f"{endpoint} is told {when}; `tinymlaas events` says how it goes", markup=False)


def _name(endpoint: str | None, for_all: bool) -> str:
    if (endpoint is None) != for_all:
        raise typer.BadParameter("name an endpoint, or --all for those without one of their own")
    return endpoint or _DEFAULT


def _document(file: Path) -> Json:
    try:
        return json.loads(read_file(file))
    except ValueError as fault:
        raise CommandFailed(f"{file} is no JSON: {fault}") from None


def _servers(row: Json) -> list[str]:
    """Return the URIs that an endpoint is sent to."""
    own = [f"{one['uri']} (own credential)" for one in row["own"]]
    values = row["values"].items()
    return own + [uri for path, uri in values if path.startswith("/0/") and path.endswith("/0")]
