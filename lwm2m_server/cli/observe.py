"""`tinymlaas observe`: values as devices report them."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import httpx
import typer

from objects.registry import Registry

from .client import Json, Query, Server
from .console import AsJson, CommandFailed, note, out, print_json
from .events import parsed
from .options import DEFAULT_SERVER, ServerOption
from .outcomes import (
    EndpointArgument,
    FormatOption,
    How,
    PatienceOption,
    TimeoutOption,
    WaitOption,
    ended,
    queued,
    show_values,
    text_of,
)

EXAMPLE = "Example: tinymlaas observe sim-m4-1 3303/0/5700 --count 5"

_PAUSE = 1.0  # seconds before a lost connection is tried again


def observe(
    endpoint: EndpointArgument,
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="One, or several as one; without any, what is observed is listed."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", min=0, help="Stop after so many notifications.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the server go on observing afterwards.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Only end an observation, as of --keep.")
    ] = False,
    passive: Annotated[
        bool, typer.Option("--passive", help="End it by a reset to the next notification.")
    ] = False,
    content_format: FormatOption = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Observe a path and follow its values until Ctrl-C; several paths are observed as one.

    With --json each is a line: the first value as a list, then notifications as events are.
    A device that sleeps is observed once it wakes, and followed from now on.
    """
    if not paths:
        _list(endpoint, as_json=as_json, server=server)
        return
    how = How(server, as_json, wait, content_format, timeout, patience)
    observation = _Observation(endpoint, paths, how, active=not passive)
    with Server(server) as api:
        if cancel:
            observation.end(api)
            return
        stood = observation.listed(api)
        after = api.get("events", "last")["id"]
        observation.begin(api)
        target = observation.target(api, stood)
        try:
            for event in _followed(api, endpoint, target, after, count):
                _show(event, as_json=as_json)
        finally:
            # An operator's who wants it kept is not ours to end.
            if not keep and target not in stood:
                observation.end(api)


class _Observation:
    """One observation, begun and ended by this command."""

    def __init__(self, endpoint: str, paths: Sequence[str], how: How, *, active: bool) -> None:
        self._device = ("devices", endpoint)
        self._paths = [path.strip("/") for path in paths]
        self._how = how
        self._active = active

    def listed(self, api: Server) -> list[list[str]]:
        """Return the paths of each observation that operators have of the device."""
        return [one["paths"] for one in api.get(*self._device, "observations")]

    def begin(self, api: Server) -> None:
        """Observe, and show the first values."""
        how = self._how
        if len(self._paths) > 1:
            where = (*self._device, "composite", "observe")
            values = api.post(*where, body={"paths": self._paths}, **how.query)
        else:
            where = (*self._device, "observations", self._paths[0])
            values = api.put(*where, body=None, **how.query)
        request = queued(values)
        if request is not None:
            note(f"queued as {request}: the device sleeps, and is observed once it wakes")
            values = ended(api, request)["values"] if how.wait else []
        if how.as_json:
            typer.echo(json.dumps(values))
        elif values:
            show_values(values)

    def end(self, api: Server) -> None:
        """Stop observing; where the device cannot be told, the server has forgotten it anyway."""
        query: dict[str, Query] = {"active": "true" if self._active else "false", "timeout": 5}
        try:
            if len(self._paths) > 1:
                where = (*self._device, "composite", "cancel")
                api.post(*where, body={"paths": self._paths}, **query)
            else:
                api.delete(*self._device, "observations", self._paths[0], **query)
        except CommandFailed as fault:
            note(f"no longer observed by the server: {fault}")

    def target(self, api: Server, before: Sequence[list[str]]) -> list[str]:
        """Return the paths in numbers: they are in the list, and were not unless written so."""
        listed = self.listed(api)
        begun = [one for one in listed if one not in before]
        known = Registry.standard()
        return begun[0] if begun else [str(known.path(path)) for path in self._paths]


def _list(endpoint: str, *, as_json: bool, server: str) -> None:
    with Server(server) as api:
        found = api.get("devices", endpoint, "observations")
    if as_json:
        print_json(found)
        return
    if not found:
        note(f"nothing of {endpoint} is observed")
    for one in found:
        out.print(", ".join(one["paths"]), markup=False)


def _followed(
    api: Server, endpoint: str, target: list[str], after: int, count: int | None
) -> Iterator[Json]:
    """Yield the notifications of one observation above an event's id, at most `count`."""
    left = count
    while left is None or left > 0:
        try:
            for event in parsed(api.stream("events", "stream", after=after)):
                after = event["id"]
                data = event["data"]
                about = data.get("paths") or [data.get("path")]
                if (event["kind"], event["endpoint"], about) != ("notification", endpoint, target):
                    continue
                yield event
                left = None if left is None else left - 1
                if left == 0:
                    return
        except httpx.TransportError as fault:
            note(f"connection lost ({fault}), trying again")
        time.sleep(_PAUSE)


def _show(event: Json, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(event))
        return
    at = time.strftime("%H:%M:%S", time.localtime(event["at"]))
    data = event["data"]
    if "values" not in data:
        out.print(f"{at}  {data['code']} {data.get('unreadable', '')}", markup=False)
        return
    values = "  ".join(
        f"{path} {text_of({'type': None, 'value': value})}"
        for path, value in data["values"].items()
    )
    out.print(f"{at}  {values}", markup=False, soft_wrap=True)
