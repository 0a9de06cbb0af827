"""`tinymlaas dtls`: the process that terminates DTLS with Connection ID."""

import typer

from compiler.toolchain import cache_folder

from ..transport.dtls.build import build as build_engine
from .console import out, waiting

app = typer.Typer(no_args_is_help=True)


@app.callback()
def dtls() -> None:
    """Build what terminates DTLS with Connection ID (RFC 9146)."""


@app.command()
def build() -> None:
    """Build the engine `pion` with Go, so that a server that is told to use it starts at once."""
    with waiting("Building with Go"):
        program = build_engine(cache_folder("dtls"))
    out.print(str(program))
