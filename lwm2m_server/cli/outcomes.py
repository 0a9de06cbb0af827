"""What operations on devices come back with, at once or later, and how it is shown."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from rich.table import Table

from objects.errors import InvalidPath
from objects.path import Path as LwM2MPath
from objects.registry import Registry

from .client import Json, Query, Server
from .console import CommandFailed, note, out, print_json, waiting

WAITING: Final = frozenset({"queued", "sent"})
_LOOK_AFTER: Final = 1.0  # seconds between two looks at a request that waits
_LONGEST_BYTES: Final = 64  # digits of an opaque value that are shown

EndpointArgument = Annotated[
    str, typer.Argument(help="A registered device's name.", show_default=False)
]
PathArgument = Annotated[
    str,
    typer.Argument(
        help="In names or numbers: device/firmware-version, /3/0/3.", show_default=False
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", help="The content format, as senml-cbor, tlv or 112; default: the best there."
    ),
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", min=0.1, help="Seconds to wait for the answer.")
]
PatienceOption = Annotated[
    float | None,
    typer.Option("--patience", min=0, help="Seconds that it may wait for a device that sleeps."),
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Where the device sleeps: wait until it has answered.")
]


@dataclass(frozen=True, slots=True)
class How:
    """How an operation is asked for and told of: the options that all of them share."""

    server: str
    as_json: bool
    wait: bool
    content_format: str | None = None
    timeout: float | None = None
    patience: float | None = None

    @property
    def query(self) -> dict[str, Query]:
        """What of it the API takes."""
        told = {
            "format": self.content_format,
            "timeout": self.timeout,
            "patience": self.patience,
        }
        return {name: value for name, value in told.items() if value is not None}

    def carry_out(
        self,
        ask: Callable[[Server], Json],
        later: Callable[[Json], Json],
        show: Callable[[Json], None],
    ) -> None:
        """Ask, and show what came of it.

        `later` makes of a request that has ended what `ask` would have returned. A request that
        waits and is not waited for is told of by its id.
        """
        with Server(self.server) as api:
            answer = ask(api)
            request = queued(answer)
            if request is not None and self.wait:
                answer = later(ended(api, request))
        if self.as_json:
            print_json(answer)
        elif request is not None and not self.wait:
            _tell_of_queued(request)
        else:
            show(answer)


def queued(answer: Json) -> str | None:
    """Return the id of a request that waits, None for an answer."""
    return answer["queued"] if isinstance(answer, dict) and "queued" in answer else None


def ended(api: Server, request: str) -> Json:
    """Wait for the end of a request; raises `CommandFailed` unless it was done as told."""
    with waiting(f"request {request}") as tell:
        while (one := api.get("requests", request))["state"] in WAITING:
            tell("the device sleeps" if one["state"] == "queued" else "sent")
            time.sleep(_LOOK_AFTER)
    what = f"request {request}, {one['operation']} {_about(one)}"
    if one["state"] != "answered":
        why = f": {one['reason']}" if one["reason"] else ""
        raise CommandFailed(f"{what} ended {one['state']}{why}")
    if not one["code"].startswith("2."):
        raise CommandFailed(f"{what}: the endpoint answered {one['code']}")
    if one["reason"]:  # done, and what came along is lost
        note(one["reason"])
    return one


def show_values(values: Sequence[Json]) -> None:
    """Print values as a table."""
    if not values:
        note("there is nothing")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("path", "name", "value"):
        table.add_column(name, overflow="fold")
    for one in values:
        table.add_row(one["path"], one["name"] or "-", text_of(one))
    out.print(table, markup=False)


def show_links(links: Sequence[Json]) -> None:
    """Print links as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("path", "name", "attributes"):
        table.add_column(name, overflow="fold")
    for one in links:
        table.add_row(one["path"], _name(one["path"]), _attributes(one["attributes"]))
    out.print(table, markup=False)


def text_of(value: Json) -> str:
    """Return a value for people: moments as such, flags in words, long bytes cut."""
    kind, given = value["type"], value["value"]
    if given is None:
        return "-"
    if isinstance(given, bool):
        return "true" if given else "false"
    if kind == "Time" and isinstance(given, int) and 0 <= given < 2**32:
        return f"{given} ({time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(given))})"
    if kind == "Opaque" and len(str(given)) > _LONGEST_BYTES:
        return f"{given[:_LONGEST_BYTES]}… ({len(given) // 2} B)"
    return str(given)


def links_of(request: Json) -> Json:
    """Return the links of a request that has ended, as a Discover has them."""
    return [
        {"path": path, "attributes": attributes} for path, attributes in request["links"].items()
    ]


def _tell_of_queued(request: str) -> None:
    out.print(f"queued as {request}: the device sleeps", markup=False)
    note(f"`tinymlaas requests show {request}` tells how it ended, --wait waits for that")


def _about(request: Json) -> str:
    return ", ".join(request["paths"]) or str(request["path"])


def _name(target: str) -> str:
    """Return how what a link leads to is called, as far as we know it here."""
    known = Registry.standard()
    try:
        path = LwM2MPath.parse(target)
    except InvalidPath:
        return "-"
    if path.resource_id is not None:
        resource = known.find_resource(path)
        return resource.name if resource else "-"
    one = None if path.object_id is None else known.find_object(path.object_id)
    return one.name if one else "-"


def _attributes(attributes: Mapping[str, str | None]) -> str:
    return " ".join(
        name if value is None else f"{name}={value}" for name, value in attributes.items()
    )
