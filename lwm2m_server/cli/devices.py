"""`tinymlaas devices`: what has registered."""

import typer

app = typer.Typer(help="Registered devices.", no_args_is_help=True)


@app.command("list")
def list_devices() -> None:
    """List the devices."""


@app.command("show")
def show(endpoint: str) -> None:
    """Show one device and its hardware."""


@app.command("set-board")
def set_board(endpoint: str, board: str) -> None:
    """Say which board a device is, where it does not say so itself."""
