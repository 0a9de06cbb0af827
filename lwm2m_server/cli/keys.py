"""`tinymlaas keys`: the signing key."""

import typer

app = typer.Typer(help="Signing keys.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Signing keys."""


@app.command("new")
def new() -> None:
    """Make a signing key."""
