"""How the command line speaks: results to stdout, complaints to stderr, JSON for programs."""

import json
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from compiler.errors import CompileError
from objects.errors import ObjectsError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class CommandFailed(Exception):
    """The command cannot do what it was asked to; the text says why and what to do."""


def complain(message: str) -> None:
    """Write one line of complaint to stderr."""
    err.print(f"tinymlaas: {message}", style="red", markup=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Write `document` to stdout as JSON, and nothing else."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def explain(error: BaseException) -> str:
    """Return one line that tells a person what went wrong and, where known, what to do."""
    if isinstance(error, (CommandFailed, ObjectsError)):
        return str(error)
    if isinstance(error, CompileError):
        text = str(error)
        return text if text.startswith(error.kind) else f"{error.kind}: {text}"
    if isinstance(error, httpx.HTTPError):
        return f"the server did not answer properly: {error}"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    name = type(error).__name__
    return f"internal error, {name}: {error} (TINYMLAAS_DEBUG=1 shows where)"
