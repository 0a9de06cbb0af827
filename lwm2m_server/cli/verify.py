"""`tinymlaas verify`: machine code against the oracle."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from compiler.profile import Objective

from .console import AsJson, out, print_json, waiting
from .files import read_file
from .options import BoardsOption, TargetOption

EXAMPLE = "Example: tinymlaas verify model.tflite --target rv32imc --vectors 100"


def verify_model(
    model: Annotated[Path, typer.Argument(help="A .tflite file.", show_default=False)],
    target: TargetOption,
    vectors: Annotated[int, typer.Option("--vectors", min=3, help="How many to run.")] = 100,
    objective: Annotated[
        Objective | None, typer.Option("--objective", help="What to make small, or fast.")
    ] = None,
    as_json: AsJson = False,
    boards: BoardsOption = None,
) -> None:
    """Compile MODEL, run its machine code, and compare every output element with the oracle."""
    from compiler.build import build_first_fit

    from .goal import goal_of, specs_for

    content = read_file(model)
    goal = goal_of(target, boards, None, None)
    specs = specs_for(content, goal, image_overhead=0, vectors=vectors, objective=objective)
    with tempfile.TemporaryDirectory(prefix="tinymlaas-") as work, waiting(str(model)) as say:
        built = build_first_fit(specs, Path(work), say)
    found = built.report["verification"]
    if as_json:
        print_json(found)
        return
    if found["instructions"] is not None:
        out.print(f"{found['instructions']} instructions per inference on {goal.target.name}")
    out.print(f"{found['elements']} elements compared")
    out.print(f"{found['vectors']} vectors, {found['mismatches']} mismatches")
    if found["undefined"]:
        out.print(f"{found['undefined']} more ran; the reference has no output for them")
