"""`tinymlaas serve`: the server."""

import asyncio
from typing import Annotated

import typer

from ..settings import Settings
from .options import BoardsOption, DataOption


def serve(
    data: DataOption = None,
    http_host: Annotated[str, typer.Option("--http-host", help="Where the API listens.")] = (
        "127.0.0.1"
    ),
    http_port: Annotated[int, typer.Option("--http-port", min=0, max=65535)] = 8080,
    coap_host: Annotated[str, typer.Option("--coap-host", help="Where devices register.")] = "::",
    coap_port: Annotated[int, typer.Option("--coap-port", min=0, max=65535)] = 5683,
    coap_public: Annotated[
        str | None,
        typer.Option("--coap-public", help="HOST[:PORT] by which devices reach this server."),
    ] = None,
    boards: BoardsOption = None,
    allow_nosec: Annotated[
        bool,
        typer.Option("--allow-nosec", help="Admit devices that have no credential, unproven."),
    ] = False,
) -> None:
    """Run the server: LwM2M over CoAP for devices, the API over HTTP for people."""
    from .. import app

    settings = Settings.of(
        data,
        http_host=http_host,
        http_port=http_port,
        coap_host=coap_host,
        coap_port=coap_port,
        coap_public=coap_public,
        boards=boards,
        allow_nosec=allow_nosec,
    )
    app.configure_logging()
    asyncio.run(app.serve(settings))
