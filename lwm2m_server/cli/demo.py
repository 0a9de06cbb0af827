"""`tinymlaas demo`: the whole path on simulated devices."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from .console import AlreadyTold, AsJson, print_json
from .options import DataOption


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop when all devices are done.")] = False,
    as_json: AsJson = False,
    data: DataOption = None,
    patience: Annotated[
        float, typer.Option("--patience", min=1, help="Seconds after which it has failed.")
    ] = 280,
) -> None:
    """Serve everything, start simulated devices, and bring a model to each of them.

    Without --data everything is kept in a temporary folder and gone afterwards.
    """
    from .. import process
    from .show import run_demo

    process.configure_logging(quiet=True)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tinymlaas-")))
        rows = asyncio.run(run_demo(folder, once=once, quiet=as_json, patience=patience))
    failed = [row.endpoint for row in rows if not row.as_expected]
    if as_json:
        print_json({"ok": not failed, "devices": [row.document() for row in rows]})
    if failed:
        raise AlreadyTold(f"not as expected: {', '.join(failed)}")
