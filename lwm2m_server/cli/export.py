"""`tinymlaas export`: a model as C for another build system, to a folder."""

import re
from pathlib import Path
from typing import Annotated

import typer

from compiler.export.format import Format
from compiler.profile import Objective

from .console import AsJson, CommandFailed, out, print_json
from .files import read_file
from .options import BoardsOption, TargetOption

EXAMPLE = (
    "Example: tinymlaas export model.tflite --target cortex-m4 --format zephyr -o modules/model"
)


def export_model(
    model: Annotated[Path, typer.Argument(help="A .tflite file.", show_default=False)],
    target: TargetOption,
    out_dir: Annotated[Path, typer.Option("-o", "--output", help="New folder to write to.")],
    wanted: Annotated[
        Format, typer.Option("--format", help="The build system that the package is for.")
    ] = Format.C,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What its C names begin with; default: from the file's name."),
    ] = None,
    objective: Annotated[
        Objective, typer.Option("--objective", help="What to make small, or fast.")
    ] = Objective.FLASH,
    as_json: AsJson = False,
    boards: BoardsOption = None,
) -> None:
    """Write MODEL as C with one header: memory is the caller's, globals are constants only."""
    from compiler.export import library, package
    from compiler.machine import Machine
    from compiler.passes import optimise
    from compiler.profile import choose_profile
    from compiler.tflite import read
    from compiler.translate import translate

    from .goal import goal_of

    goal = goal_of(target, boards, None, None)
    profile, *_ = choose_profile(goal.target, objective=objective)
    graph = optimise(read(read_file(model)))
    emitted = translate(graph, Machine.of(profile))
    made = library(graph, emitted, name or _name_of(model), goal.target.name)
    files = package(made, wanted)
    if out_dir.exists() and any(out_dir.iterdir()):
        raise CommandFailed(f"{out_dir} is not empty; give a new folder with -o")
    for path, text in files.items():
        (out_dir / path).parent.mkdir(parents=True, exist_ok=True)
        (out_dir / path).write_text(text, "utf-8")
    told = {
        "name": made.name,
        "format": str(wanted),
        "target": made.target,
        "arena": emitted.arena_size,
        "state": emitted.state_size,
        "files": sorted(files),
    }
    if as_json:
        print_json(told)
    else:
        out.print(
            f"{made.name} for {made.target}: {len(files)} files in {out_dir}, arena"
            f" {emitted.arena_size} B, state {emitted.state_size} B",
            markup=False,
        )


def _name_of(model: Path) -> str:
    """Return a C name of a file's name."""
    word = re.sub(r"[^a-z0-9]+", "_", model.stem.lower()).strip("_")
    return (word if word[:1].isalpha() else f"model_{word}")[:48].rstrip("_")
