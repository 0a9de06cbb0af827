"""`tinymlaas firmware`: images that operators built themselves."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..settings import default_data
from .console import AsJson, out, print_json
from .files import read_file
from .options import DataOption

app = typer.Typer(help="Firmware images.", no_args_is_help=True)


@app.command("list")
def list_firmware(as_json: AsJson = False, data: DataOption = None) -> None:
    """List the stored firmware images."""
    from firmware_store.store import Store

    entries = Store(data or default_data()).firmware.list()
    if as_json:
        print_json(
            [
                {"name": e.name, "version": e.version, "board": e.board, "format": e.format}
                | {"size": e.size, "sha256": e.sha256, "reports": e.reports}
                for e in entries
            ]
        )
        return
    table = Table(
        "firmware", "board", "format", "size B", "reports (3/0/3)", box=None, pad_edge=False
    )
    for e in entries:
        table.add_row(f"{e.name}@{e.version}", e.board, e.format, str(e.size), e.reports or "-")
    out.print(table)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="The image.", show_default=False)],
    name: Annotated[str, typer.Option("--name")],
    version: Annotated[str, typer.Option("--version")],
    board: Annotated[str, typer.Option("--board", help="What it runs on.")],
    reports: Annotated[
        str | None, typer.Option("--reports", help="What 3/0/3 says once it runs.")
    ] = None,
    as_json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Store a firmware image byte for byte; MCUboot and ESP-IDF images are checked."""
    from firmware_store.store import Store

    room = Store(data or default_data()).firmware
    entry = room.add(read_file(file), name=name, version=version, board=board, reports=reports)
    if as_json:
        print_json({"firmware": f"{entry.name}@{entry.version}", "format": entry.format})
    else:
        out.print(f"added {entry.name}@{entry.version} ({entry.format})", markup=False)
