"""`tinymlaas devices`: what has registered."""

import time
from typing import Annotated

import typer
from rich.table import Table

from .client import Json, Server
from .console import AsJson, note, out, print_json
from .options import DEFAULT_SERVER, ServerOption

app = typer.Typer(help="Registered devices; lists them where no command follows.")

_LONGEST_VALUE = 80
_MOMENTS = frozenset(("last_seen", "since"))
_ADDRESSES = frozenset(("load", "arena", "state"))


@app.callback(invoke_without_command=True)
def devices(
    context: typer.Context, as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER
) -> None:
    """List the devices where no command follows."""
    if context.invoked_subcommand is None:
        list_devices(as_json=as_json, server=server)


@app.command("list")
def list_devices(as_json: AsJson = False, server: ServerOption = DEFAULT_SERVER) -> None:
    """List every device that ever registered."""
    with Server(server) as api:
        devices = api.get("devices")
    if as_json:
        print_json(devices)
        return
    if not devices:
        note("no device has registered yet; `tinymlaas simulate sim-m4` would")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("endpoint", "registered", "target", "told by", "model"):
        table.add_column(name, overflow="fold")
    table.add_column("instr.", justify="right")
    for device in devices:
        target, model = device["target"] or {}, device["active_model"] or {}
        table.add_row(
            device["endpoint"],
            "yes" if device["registration"] else "no",
            target.get("name") or (device["target_problem"] or "-").partition(":")[0],
            target.get("source", "-"),
            model.get("name", "-"),
            str(model.get("instructions") or "-"),
        )
    out.print(table)
    for device in devices:
        if problem := device["target_problem"]:
            note(f"{device['endpoint']}: {problem} (`tinymlaas devices set-board`)")


@app.command("show")
def show(
    endpoint: Annotated[str, typer.Argument(show_default=False)],
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Show one device: its registration, hardware, target and model."""
    with Server(server) as api:
        device = api.get("devices", endpoint)
    if as_json:
        print_json(device)
        return
    _print(device, "")


@app.command("set-board")
def set_board(
    endpoint: Annotated[str, typer.Argument(show_default=False)],
    board: Annotated[str, typer.Argument(help="A name of `tinymlaas targets`, or `none`.")],
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Say which board a device is, where it does not say so itself."""
    told = None if board == "none" else board
    with Server(server) as api:
        device = api.put("devices", endpoint, "board", body={"board": told})
    if as_json:
        print_json(device)
        return
    target = device["target"]
    words = f"{target['name']} ({target['source']})" if target else device["target_problem"]
    out.print(f"{endpoint}: {words}", markup=False)


def _print(value: Json, indent: str) -> None:
    """Print an object as lines, nested ones indented; what is null is left out."""
    for name, part in value.items():
        if isinstance(part, dict):
            out.print(f"{indent}{name}", markup=False)
            _print(part, indent + "  ")
        elif part and isinstance(part, list) and isinstance(part[0], dict):
            for row in part:
                out.print(f"{indent}{name.removesuffix('s')}", markup=False)
                _print(row, indent + "  ")
        elif part is not None and part != []:
            out.print(f"{indent}{name}: {_text(name, part)}", markup=False, soft_wrap=True)


def _text(name: str, value: Json) -> str:
    """Return a value for people: moments as such, addresses in hexadecimal, lists in words."""
    if isinstance(value, float) and (name.endswith("_at") or name in _MOMENTS):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value))
    if name in _ADDRESSES:
        return f"{value:#010x}"
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = str(value)
    if name == "target_problem":  # told in full, for it says what to do
        return text
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
