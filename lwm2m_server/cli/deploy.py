"""`tinymlaas deploy`: a model or a firmware to one endpoint."""

from typing import Annotated

import typer

from lwm2m_server.protocol.deployment import Delivery, Via

from .console import AsJson, CommandFailed
from .options import DEFAULT_SERVER, ServerOption


def deploy(
    to: Annotated[str, typer.Option("--to", help="The endpoint.")],
    model: Annotated[str | None, typer.Argument()] = None,
    firmware: Annotated[str | None, typer.Option("--firmware")] = None,
    via: Annotated[Via, typer.Option("--via")] = Via.MODULE,
    delivery: Annotated[Delivery, typer.Option("--delivery")] = Delivery.AUTO,
    wait: Annotated[bool, typer.Option("--wait")] = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Bring a model of the zoo, or a stored firmware, to an endpoint."""
    raise CommandFailed("deploy is not there yet")
