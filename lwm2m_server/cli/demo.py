"""`tinymlaas demo`: the whole path on simulated devices."""

from typing import Annotated

import typer

from .console import AsJson, CommandFailed
from .options import DataOption


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop when all devices are done.")] = False,
    as_json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Serve everything, start simulated devices, and bring a model to each of them."""
    raise CommandFailed("demo is not there yet")
