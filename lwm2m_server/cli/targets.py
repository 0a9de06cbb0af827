"""`tinymlaas targets`: the cores that can be compiled for."""

from typing import Annotated

import typer

from .console import AsJson, out


def targets(
    warm: Annotated[bool, typer.Option("--warm", help="Fill the toolchain's cache.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the cores and boards that models are compiled for."""
    out.print("no targets yet")
