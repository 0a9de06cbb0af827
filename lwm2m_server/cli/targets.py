"""`tinymlaas targets`: the cores and boards that can be compiled for."""

from typing import Annotated

import typer
from rich.table import Table

from compiler.targets import BoardTable, Target, cores
from compiler.targets.core import Core

from ..settings import default_data
from .console import AsJson, out, print_json, waiting
from .options import BoardsOption


def targets(
    warm: Annotated[
        bool, typer.Option("--warm", help="Fill the cache of tools, so that builds start fast.")
    ] = False,
    as_json: AsJson = False,
    boards: BoardsOption = None,
) -> None:
    """List the cores and boards that models are compiled for, and what others would take."""
    if warm:
        _warm()
        return
    table = BoardTable.load(boards or default_data() / "boards")
    if as_json:
        rows = [
            {"name": core.name, "features": list(core.features), "backend": core.backend}
            | {"needs": _lacks(core)}
            for core in cores().values()
        ]
        known = [
            {"name": b.name, "core": b.core, "features": list(b.features), "ram": b.ram}
            | {"flash": b.flash, "description": b.description}
            for b in table
        ]
        print_json({"cores": rows, "boards": known})
        return
    out.print(_cores())
    out.print()
    out.print(_boards(table))


def _cores() -> Table:
    shown = Table(
        "core", "served by", "features it may have, or what it would take", box=None, pad_edge=False
    )
    for core in cores().values():
        lacking = _lacks(core)
        served_by = "-" if lacking or core.backend is None else core.backend
        if core.emulator == "none" and served_by != "-":
            served_by += ", unproven"
        shown.add_row(core.name, served_by, lacking or " ".join(core.features))
    return shown


def _lacks(core: Core) -> str:
    """Return what it would take to compile for `core`, empty where all is there."""
    from compiler.backends import BACKENDS

    if core.backend is None:
        return core.needs
    return BACKENDS[core.backend].lacks(Target(core.name)) or ""


def _boards(table: BoardTable) -> Table:
    shown = Table("board", "core", box=None, pad_edge=False)
    for figure in ("RAM B", "flash B"):
        shown.add_column(figure, justify="right")
    shown.add_column("")
    for board in table:
        sizes = ("-" if size is None else str(size) for size in (board.ram, board.flash))
        name = "+".join((board.core, *board.features))
        shown.add_row(board.name, name, *sizes, board.description)
    return shown


def _warm() -> None:
    from compiler import emulated
    from compiler.backends import BACKENDS

    with waiting("warming the toolchain") as say:
        for warm in (*(backend.warm for backend in BACKENDS.values()), emulated.warm):
            warm(say)
