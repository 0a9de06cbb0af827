"""`tinymlaas compile`: one model for one target, to a folder."""

from pathlib import Path
from typing import Annotated

import typer

from compiler.profile import Objective

from .console import AsJson, CommandFailed
from .sizes import Size


def compile_model(
    model: Path,
    target: Annotated[str, typer.Option("--target")],
    out_dir: Annotated[Path, typer.Option("-o", "--output")],
    ram: Size = None,
    flash: Size = None,
    objective: Annotated[Objective, typer.Option("--objective")] = Objective.FLASH,
    as_json: AsJson = False,
) -> None:
    """Compile MODEL for a target: C sources, binary and report go to a folder."""
    raise CommandFailed("compile is not there yet")
