"""Sizes as people write them: `512`, `20K`, `1M`; K is 1024."""

import re
from typing import Annotated

import typer

_FORM = re.compile(r"(0x[0-9a-f]+|\d+)(k|m)?(i?b)?", re.IGNORECASE)
_FACTOR = {"": 1, "k": 1024, "m": 1024 * 1024}


def parse_size(text: str) -> int:
    """Return the bytes that `text` tells. Raises `typer.BadParameter` for anything else."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise typer.BadParameter(f"{text!r} is no size; write bytes or 20K or 1M (K is 1024)")
    number, unit, _ = form.groups()
    return int(number, 0) * _FACTOR[(unit or "").lower()]


Size = Annotated[int | None, typer.Option(parser=parse_size, metavar="SIZE")]
