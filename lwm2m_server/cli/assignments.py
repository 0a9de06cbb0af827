"""`NAME=VALUE` on the command line."""

from collections.abc import Sequence
from typing import Any

import typer


def assignments(given: Sequence[str]) -> dict[str, str]:
    """Return `NAME=VALUE`s by name; the value begins behind the first `=`, and may be empty."""
    found = dict[str, str]()
    for one in given:
        name, sign, value = one.partition("=")
        name = name.strip("/")
        if not sign or not name:
            raise typer.BadParameter(f"{one!r} is no NAME=VALUE")
        if name in found:
            raise typer.BadParameter(f"{name} is there twice")
        found[name] = value
    return found


def resources(given: Sequence[str]) -> dict[str, Any]:
    """Return the resources of an instance; `NAME/N=VALUE` is one instance of a multiple one."""
    found = dict[str, Any]()
    for name, value in assignments(given).items():
        resource, slash, instance = name.partition("/")
        if not slash:
            several = resource in found
            found[resource] = value
        else:
            values = found.setdefault(resource, {})
            several = not isinstance(values, dict)
            if not several:
                values[instance] = value
        if several:
            raise typer.BadParameter(f"{resource} has either one value or several")
    return found
