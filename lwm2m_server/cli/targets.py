"""`tinymlaas targets`: the cores and boards that can be compiled for."""

from typing import Annotated

import typer
from rich.table import Table

from .console import AsJson, out, print_json, waiting
from .options import BoardsOption


def targets(
    warm: Annotated[
        bool, typer.Option("--warm", help="Fill the toolchain's cache, so that builds start fast.")
    ] = False,
    as_json: AsJson = False,
    boards: BoardsOption = None,
) -> None:
    """List the cores and boards that models are compiled for."""
    from compiler.targets import BoardTable, cores

    if warm:
        _warm()
        return
    table = BoardTable.load(boards)
    if as_json:
        rows = [
            {"name": core.name, "features": list(core.features), "backend": core.backend}
            for core in cores().values()
        ]
        known = [
            {"name": b.name, "core": b.core, "features": list(b.features), "ram": b.ram}
            | {"flash": b.flash, "description": b.description}
            for b in table
        ]
        print_json({"cores": rows, "boards": known})
        return
    shown = Table("core", "features", "backend", title="Cores", title_justify="left")
    for core in cores().values():
        shown.add_row(core.name, " ".join(core.features), core.backend or f"none: {core.needs}")
    out.print(shown)
    shown = Table("board", "core", "RAM B", "flash B", "", title="Boards", title_justify="left")
    for board in table:
        sizes = ("-" if size is None else str(size) for size in (board.ram, board.flash))
        shown.add_row(
            board.name, "+".join((board.core, *board.features)), *sizes, board.description
        )
    out.print(shown)


def _warm() -> None:
    from compiler.backends import BACKENDS

    with waiting("warming the toolchain") as say:
        for backend in BACKENDS.values():
            backend.warm(say)
