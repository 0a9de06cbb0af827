"""`tinymlaas simulate`: simulated devices that register with a server."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from device_sim.client.dtls import PreSharedKey
from device_sim.events import DeviceEvent
from device_sim.habits import Habits, Sleep

from ..settings import default_data
from .console import AsJson, CommandFailed, out
from .files import read_file, read_key
from .options import DataOption

EXAMPLE = "Example: tinymlaas simulate sim-m4 sim-c3 --count 3"

_DEFAULTS = {
    (False, False): "coap://127.0.0.1:5683",
    (True, False): "coaps://127.0.0.1:5684",
    (False, True): "coap://127.0.0.1:5783",
    (True, True): "coaps://127.0.0.1:5784",
}


def simulate(
    boards: Annotated[
        list[str], typer.Argument(help="Simulated boards, as sim-m4.", show_default=False)
    ],
    coap: Annotated[
        str | None,
        typer.Option(
            "--coap",
            help="The server; default: coap://127.0.0.1:5683, with a key coaps://127.0.0.1:5684.",
            show_default=False,
        ),
    ] = None,
    psk_key: Annotated[
        str | None,
        typer.Option(
            "--psk-key",
            metavar="FILE|-",
            help="The pre-shared key of the one device: a file, or - for standard input (hex).",
            show_default=False,
        ),
    ] = None,
    psk_identity: Annotated[
        str | None,
        typer.Option("--psk-identity", help="Default: the endpoint's name.", show_default=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="Public key (PEM) to trust; default: the data folder's key."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Devices of each board.")] = 1,
    prefix: Annotated[str, typer.Option("--prefix", help="Begins each endpoint name.")] = "",
    lifetime: Annotated[int, typer.Option("--lifetime", min=1, help="Seconds.")] = 300,
    flash_dir: Annotated[
        Path | None, typer.Option("--flash-dir", help="Where flash outlives the process.")
    ] = None,
    until_eof: Annotated[
        bool,
        typer.Option("--until-eof", help="Stop when standard input ends, as its writer does."),
    ] = False,
    sense: Annotated[
        float | None,
        typer.Option("--sense", min=0.05, help="A thermometer (3303/0), read so often; seconds."),
    ] = None,
    send: Annotated[
        float | None,
        typer.Option("--send", min=0.05, help="Send the temperature so often; seconds."),
    ] = None,
    wake: Annotated[
        float | None,
        typer.Option("--wake", min=0.1, help="Queue mode: sleep, and wake so often; seconds."),
    ] = None,
    awake: Annotated[
        float, typer.Option("--awake", min=0.05, help="With --wake: listen for so many seconds.")
    ] = 5.0,
    bootstrap: Annotated[
        bool,
        typer.Option("--bootstrap", help="The server is a bootstrap server (port 5783, or 5784)."),
    ] = False,
    as_json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Run simulated devices until interrupted; their cores execute what they are sent."""
    from device_sim import fleet

    credentials = _credentials(boards, count, prefix, psk_identity, psk_key)
    server = coap or _DEFAULTS[bool(credentials), bootstrap]
    sleep = None if wake is None else Sleep(awake, wake)
    habits = Habits(sense, send, sleep, bootstrap)

    def show(event: DeviceEvent) -> None:
        if as_json:
            line = {"endpoint": event.endpoint, "kind": event.kind, "data": dict(event.data)}
            typer.echo(json.dumps(line))
        else:
            details = " ".join(f"{name}={value}" for name, value in event.data.items())
            out.print(f"{event.endpoint}  {event.kind}  {details}", markup=False, soft_wrap=True)

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if until_eof:
            _watch_stdin(stop)
        await fleet.run(
            boards,
            server,
            _trusted(key, data),
            count=count,
            prefix=prefix,
            flash_dir=flash_dir,
            lifetime=lifetime,
            credentials=credentials,
            habits=habits,
            on_event=show,
            stop=stop,
        )

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


def _watch_stdin(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends: a parent that is killed takes its devices along."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, readable)


def _credentials(
    boards: Sequence[str], count: int, prefix: str, identity: str | None, key: str | None
) -> dict[str, PreSharedKey]:
    """Return the one device's credential by its endpoint, none where no key is told."""
    if key is None and identity is None:
        return {}
    if key is None or len(boards) != 1 or count != 1:
        raise typer.BadParameter("--psk-key and --psk-identity are one device's")
    from device_sim.fleet import endpoint_name

    endpoint = endpoint_name(prefix, boards[0], 1)
    secret = read_key(key, "--psk-key")
    try:
        return {endpoint: PreSharedKey(identity or endpoint, bytes.fromhex(secret))}
    except ValueError:
        raise CommandFailed("--psk-key: this is not hexadecimal") from None


def _trusted(key: Path | None, data: Path | None) -> bytes:
    """Return the public key that the devices are to trust."""
    if key is not None:
        return read_file(key)
    from firmware_store.store import Store

    keys = Store(data or default_data()).keys
    if not keys.list():
        raise CommandFailed("there is no signing key to trust; `tinymlaas keys new` makes one")
    return keys.load().public_der
