"""`tinymlaas zoo`: models."""

import typer

app = typer.Typer(help="Models of the zoo.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """List the models of the zoo."""


@app.command("add")
def add() -> None:
    """Add a model to the zoo."""
