"""`tinymlaas events`: what happens, as it happens."""

import json
import time
from collections.abc import Iterator
from typing import Annotated

import httpx
import typer

from .client import Json, Server
from .console import AsJson, note, out
from .options import DEFAULT_SERVER, ServerOption

_PAUSE = 1.0  # seconds before a lost connection is tried again


def events(
    after: Annotated[int, typer.Option("--after", min=0, help="Only events above this id.")] = 0,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Follow the server's events until interrupted; none is lost when the connection is."""
    with Server(server) as api:
        while True:
            try:
                for event in parsed(api.stream("events", "stream", after=after)):
                    after = event["id"]
                    _show(event, as_json=as_json)
            except httpx.TransportError as fault:
                note(f"connection lost ({fault}), trying again")
            time.sleep(_PAUSE)


def parsed(lines: Iterator[str]) -> Iterator[Json]:
    """Yield the data of each event of a stream."""
    for line in lines:
        if line.startswith("data:"):
            yield json.loads(line[5:])


def _show(event: Json, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(event))
        return
    at = time.strftime("%H:%M:%S", time.localtime(event["at"]))
    details = " ".join(f"{name}={value}" for name, value in event["data"].items() if value)
    out.print(
        f"{at}  {event['endpoint'] or '-'}  {event['kind']}  {details}",
        markup=False,
        soft_wrap=True,
    )
