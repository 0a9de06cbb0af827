"""`tinymlaas read`, `write`, `exec`, `create`, `delete`, `discover`, `attributes`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from .assignments import assignments, resources
from .client import Json, Server
from .console import AsJson, out
from .files import read_file
from .options import DEFAULT_SERVER, ServerOption
from .outcomes import (
    EndpointArgument,
    FormatOption,
    How,
    PathArgument,
    PatienceOption,
    TimeoutOption,
    WaitOption,
    links_of,
    show_links,
    show_values,
)


def read(
    endpoint: EndpointArgument,
    paths: Annotated[
        list[str],
        typer.Argument(help="One, or several to be read at once.", show_default=False),
    ],
    content_format: FormatOption = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Read an object, an instance, a resource; several paths make a Read-Composite."""
    how = How(server, as_json, wait, content_format, timeout, patience)

    def ask(api: Server) -> Json:
        if len(paths) > 1:
            where = ("devices", endpoint, "composite", "read")
            return api.post(*where, body={"paths": paths}, **how.query)
        return api.get("devices", endpoint, "resources", _bare(paths[0]), **how.query)

    how.carry_out(ask, lambda request: request["values"], show_values)


def write(
    endpoint: EndpointArgument,
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH=VALUE...",
            help="One, or several to be written at once, all or none.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", help="One instance, or multiple resource: values are named below it."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="With --to: what is not named stays.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option("--file", help="For one PATH: the bytes of an opaque resource.")
    ] = None,
    content_format: FormatOption = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Write a resource or an instance; several paths make a Write-Composite.

    Bytes are written in hexadecimal, moments as seconds since 1970, links as 3:0.
    """
    if file is not None and (to is not None or len(values) > 1):
        raise typer.BadParameter("--file goes with one PATH alone")
    if partial and to is None:
        raise typer.BadParameter("--partial goes with --to")
    how = How(server, as_json, wait, content_format, timeout, patience)
    told: dict[str, Any]
    if file is not None:
        told = {_bare(values[0]): read_file(file).hex()}
    elif to is not None:
        told = {_bare(to): resources(values)}
    else:
        told = dict(assignments(values))

    def ask(api: Server) -> Json:
        return _written(api, endpoint, told, how, replace=not partial)

    _done(how, ask, "written", list(told))


def exec_(
    endpoint: EndpointArgument,
    path: PathArgument,
    arguments: Annotated[
        str, typer.Argument(help="As the standard writes them: 0='x',1", show_default=False)
    ] = "",
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Execute a resource."""
    how = How(server, as_json, wait, None, timeout, patience)
    where = ("devices", endpoint, "resources", _bare(path))
    body = {"arguments": arguments}
    _done(how, lambda api: api.post(*where, body=body, **how.query), "executed", path)


def create(
    endpoint: EndpointArgument,
    path: Annotated[str, typer.Argument(help="An object, by name or number.", show_default=False)],
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="Its resources, by name or number; NAME/N=VALUE of a multiple one.",
            show_default=False,
        ),
    ] = None,
    identifier: Annotated[
        int | None,
        typer.Option("--id", min=0, max=65534, help="Of the instance; default: the device's pick."),
    ] = None,
    content_format: FormatOption = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Create an instance of an object."""
    how = How(server, as_json, wait, content_format, timeout, patience)
    where = ("devices", endpoint, "instances", _bare(path))
    body = {"id": identifier, "values": resources(values or [])}

    def show(answer: Json) -> None:
        made = answer["path"] or f"an instance of {path}; the device does not say which"
        out.print(f"created {made}", markup=False)

    how.carry_out(
        lambda api: api.post(*where, body=body, **how.query),
        lambda request: {"path": request["created"]},
        show,
    )


def delete(
    endpoint: EndpointArgument,
    path: PathArgument,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Delete an instance of an object (or, from LwM2M 1.2 on, of a resource)."""
    how = How(server, as_json, wait, None, timeout, patience)
    where = ("devices", endpoint, "resources", _bare(path))
    _done(how, lambda api: api.delete(*where, **how.query), "deleted", path)


def discover(
    endpoint: EndpointArgument,
    path: PathArgument,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """List what there is at and below a path, with its attributes."""
    how = How(server, as_json, wait, None, timeout, patience)
    where = ("devices", endpoint, "links", _bare(path))
    how.carry_out(lambda api: api.get(*where, **how.query), links_of, show_links)


def attributes(
    endpoint: EndpointArgument,
    path: PathArgument,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="pmin, pmax, gt, lt, st, epmin, epmax, edge, con, hqmax; NAME= takes one away.",
            show_default=False,
        ),
    ] = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    wait: WaitOption = False,
    as_json: AsJson = False,
    server: ServerOption = DEFAULT_SERVER,
) -> None:
    """Say how often, and beyond what values, notifications come; without values, show it."""
    how = How(server, as_json, wait, None, timeout, patience)
    told = {name: value or None for name, value in assignments(values or []).items()}
    if not told:
        where = ("devices", endpoint, "links", _bare(path))
        how.carry_out(lambda api: api.get(*where, **how.query), links_of, _show_attributes)
        return
    where = ("devices", endpoint, "attributes", _bare(path))
    _done(how, lambda api: api.put(*where, body=told, **how.query), "set", path)


@dataclass(frozen=True, slots=True)
class Verb:
    """A command: its name, what it does, and an example of it."""

    name: str
    command: Callable[..., None]
    example: str


VERBS: Final = (
    Verb("read", read, "Example: tinymlaas read esp-1 device/firmware-version 1/0/1"),
    Verb("write", write, "Example: tinymlaas write esp-1 server/0/lifetime=300"),
    Verb("exec", exec_, "Example: tinymlaas exec esp-1 device/reboot"),
    Verb("create", create, "Example: tinymlaas create esp-1 portfolio identity/0=board-7"),
    Verb("delete", delete, "Example: tinymlaas delete esp-1 portfolio/0"),
    Verb("discover", discover, "Example: tinymlaas discover esp-1 device"),
    Verb("attributes", attributes, "Example: tinymlaas attributes esp-1 3303/0/5700 pmin=10 gt=25"),
)


def _bare(path: str) -> str:
    return path.strip("/")


def _written(
    api: Server, endpoint: str, told: Mapping[str, Any], how: How, *, replace: bool
) -> Json:
    if len(told) > 1:
        where = ("devices", endpoint, "composite", "write")
        return api.post(*where, body={"values": told}, **how.query)
    ((path, value),) = told.items()
    body = {"value": value, "replace": replace}
    return api.put("devices", endpoint, "resources", path, body=body, **how.query)


def _done(how: How, ask: Callable[[Server], Json], word: str, what: str | Sequence[str]) -> None:
    """Carry out what has no answer but that it is done."""
    done = {word: what}
    shown = what if isinstance(what, str) else ", ".join(what)
    how.carry_out(
        lambda api: ask(api) or done,
        lambda _: done,
        lambda _: out.print(f"{word} {shown}", markup=False),
    )


def _show_attributes(links: Sequence[Json]) -> None:
    show_links([one for one in links if one["attributes"]] or links[:1])
