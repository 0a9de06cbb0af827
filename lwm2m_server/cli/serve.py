"""`tinymlaas serve`: the server."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ..protocol.queue_mode import AWAKE_WINDOW
from ..protocol.request_queue import QUEUE_BOUNDS
from ..settings import (
    BOOTSTRAP_HTTP_PORT,
    BOOTSTRAP_PORT,
    BOOTSTRAP_SECURE_PORT,
    DtlsEngine,
    Settings,
)
from .limits import limits_of
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
    coaps_port: Annotated[
        int, typer.Option("--coaps-port", min=0, max=65535, help="CoAP over DTLS.")
    ] = 5684,
    coap_tcp_port: Annotated[
        int | None,
        typer.Option("--coap-tcp-port", min=0, max=65535, help="CoAP over TCP; off by default."),
    ] = None,
    coaps_tcp_port: Annotated[
        int | None,
        typer.Option("--coaps-tcp-port", min=0, max=65535, help="CoAP over TLS; off by default."),
    ] = None,
    bootstrap: Annotated[
        bool,
        typer.Option("--bootstrap/--no-bootstrap", help="Whether to be a bootstrap server, too."),
    ] = True,
    bootstrap_port: Annotated[
        int, typer.Option("--bootstrap-port", min=0, max=65535, help="Bootstrap over CoAP.")
    ] = BOOTSTRAP_PORT,
    bootstrap_coaps_port: Annotated[
        int,
        typer.Option("--bootstrap-coaps-port", min=0, max=65535, help="Bootstrap over DTLS."),
    ] = BOOTSTRAP_SECURE_PORT,
    bootstrap_http_port: Annotated[
        int,
        typer.Option("--bootstrap-http-port", min=0, max=65535, help="API of bootstraps alone."),
    ] = BOOTSTRAP_HTTP_PORT,
    dtls_engine: Annotated[
        DtlsEngine,
        typer.Option("--dtls-engine", help="OpenSSL within the server, or pion beside it."),
    ] = DtlsEngine.OPENSSL,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="The server's own, with its chain (PEM); else made."),
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option("--private-key", help="The key of --certificate (PEM).")
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option("--limit", help="NAME=VALUE, repeatable; `tinymlaas limits` lists them."),
    ] = None,
    awake_window: Annotated[
        float,
        typer.Option(
            "--awake-window",
            min=1,
            max=86_400,
            help="Seconds that a device in queue mode listens for after it was heard.",
        ),
    ] = AWAKE_WINDOW,
    queue_patience: Annotated[
        float,
        typer.Option(
            "--queue-patience",
            min=1,
            max=QUEUE_BOUNDS.longest_patience,
            help="Seconds that a request waits for a device that sleeps, where none are told.",
        ),
    ] = QUEUE_BOUNDS.patience,
    boards: BoardsOption = None,
    allow_nosec: Annotated[
        bool,
        typer.Option("--allow-nosec", help="Admit devices that have no credential, unproven."),
    ] = False,
) -> None:
    """Run the server: LwM2M over CoAP for devices, the API over HTTP for people.

    A device registers with a credential (`tinymlaas credentials add`). Credentials are sealed
    with the key in secrets/credentials.key of the data folder; TINYMLAAS_SECRET_KEY_FILE names
    another file, TINYMLAAS_SECRET_KEY is the key itself (64 hexadecimal digits).
    """
    from .. import process

    if (certificate is None) != (private_key is None):
        raise typer.BadParameter("--certificate and --private-key go together")
    settings = Settings.of(
        data,
        http_host=http_host,
        http_port=http_port,
        coap_host=coap_host,
        coap_port=coap_port,
        coap_public=coap_public,
        coaps_port=coaps_port,
        coap_tcp_port=coap_tcp_port,
        coaps_tcp_port=coaps_tcp_port,
        bootstrap_port=bootstrap_port if bootstrap else None,
        bootstrap_coaps_port=bootstrap_coaps_port if bootstrap else None,
        bootstrap_http_port=bootstrap_http_port if bootstrap else None,
        dtls_engine=dtls_engine,
        certificate=certificate,
        private_key=private_key,
        limits=limits_of(limit or ()),
        awake_window=awake_window,
        queue_patience=queue_patience,
        boards=boards,
        allow_nosec=allow_nosec,
    )
    process.configure_logging()
    asyncio.run(process.serve(settings))
