"""How the command line speaks: results to stdout, complaints to stderr, JSON for programs."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from compiler.errors import CompileError
from compiler.job import error_to_json
from device_sim.errors import DeviceError
from firmware_store.errors import StoreError
from objects.errors import ObjectsError

from ..service.errors import ServiceError
from ..transport.dtls.errors import DtlsError

# A table in a file or a pipe is not squeezed to the 80 columns of no terminal.
# No emoji: they would appear wherever a name or a byte string has colons.
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 140)
err = Console(stderr=True, highlight=False, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

# Errors whose text is written for the user already.
_TOLD = (ObjectsError, StoreError, ServiceError, DeviceError, DtlsError)


class CommandFailed(Exception):
    """The command cannot do what it was asked to; the text says why and what to do."""


class AlreadyTold(CommandFailed):
    """A failure that the document on stdout tells of: with `--json` nothing is added to it."""


def complain(message: str) -> None:
    """Write one line of complaint to stderr."""
    err.print(f"tinymlaas: {message}", style="red", markup=False, soft_wrap=True)


def note(message: str) -> None:
    """Write one line of advice to stderr."""
    err.print(message, style="dim", markup=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Write `document` to stdout as JSON, and nothing else."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_failure(error: BaseException, message: str | None = None) -> None:
    """Write to stdout, as one line of JSON, why there is nothing else there."""
    row: dict[str, Any] = {"kind": "failed", "message": message or explain(error), "details": {}}
    if message is not None:
        row["kind"] = "usage"
    if isinstance(error, CompileError):
        row |= {key: error_to_json(error)[key] for key in ("kind", "details")}
    typer.echo(json.dumps({"error": row}, ensure_ascii=False))


@contextmanager
def waiting(words: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal that something goes on; call what is yielded with what goes on now."""
    with err.status(words) as status:
        yield lambda now: status.update(f"{words}: {now}")


def explain(error: BaseException) -> str:
    """Return one line that tells a person what went wrong and, where known, what to do."""
    if isinstance(error, (CommandFailed, *_TOLD)):
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
