"""`tinymlaas limits`: what devices may take of a server, and what happens at each limit."""

import re
from collections.abc import Iterable
from dataclasses import fields, replace

import typer
from rich.table import Table

from ..coap.limits import LIMITS, Limits
from .console import AsJson, out, print_json

# A paragraph of the docstring: `name`  what it is, and what happens.
_ENTRY = re.compile(r"`(\w+)`\s+(.*?)(?=\n\s*`\w+`\s|\Z)", re.DOTALL)


def limits(as_json: AsJson = False) -> None:
    """Show the limits that `serve --limit NAME=VALUE` sets, and what happens at each."""
    rows = [
        {"name": name, "default": getattr(LIMITS, name), "meaning": meaning}
        for name, meaning in meanings().items()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("limit", no_wrap=True)
    table.add_column("default", justify="right", no_wrap=True)
    table.add_column("what it is, and what happens there")
    for row in rows:
        table.add_row(row["name"], f"{row['default']:,}", row["meaning"])
    out.print(table)


def meanings() -> dict[str, str]:
    """Return what `Limits` says of each limit, by name, in its order."""
    told = dict(_ENTRY.findall(Limits.__doc__ or ""))
    return {one.name: " ".join(told[one.name].split()) for one in fields(Limits)}


def limits_of(told: Iterable[str]) -> Limits:
    """Return the limits with `NAME=VALUE` set; raises `typer.BadParameter`."""
    given: dict[str, float] = {}
    for text in told:
        name, equals, value = text.partition("=")
        if not equals or name not in meanings():
            raise typer.BadParameter(f"--limit {text!r}: NAME=VALUE; `tinymlaas limits` lists them")
        kind = type(getattr(LIMITS, name))
        try:
            given[name] = kind(value)
        except ValueError:
            raise typer.BadParameter(f"--limit {name}: {value!r} is no number") from None
        if not 0 < given[name] < float("inf"):
            raise typer.BadParameter(f"--limit {name}: it has to be above 0")
    return replace(LIMITS, **given)  # type: ignore[arg-type] # of the fields' own types
