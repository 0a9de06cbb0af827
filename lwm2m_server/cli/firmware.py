"""`tinymlaas firmware`: images that operators built themselves."""

import typer

app = typer.Typer(help="Firmware images.", no_args_is_help=True)


@app.command("list")
def list_firmware() -> None:
    """List the stored firmware images."""


@app.command("add")
def add() -> None:
    """Store a firmware image."""
