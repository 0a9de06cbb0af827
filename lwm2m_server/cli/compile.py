"""`tinymlaas compile`: one model for one target, to a folder."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from compiler.profile import Objective
from compiler.spec import Built
from compiler.targets import Slot

from ..settings import default_data
from .console import AsJson, note, out, print_json, waiting
from .files import read_file
from .options import BoardsOption, DataOption, TargetOption
from .sizes import parse_size

EXAMPLE = (
    "Example: tinymlaas compile model.tflite --target cortex-m4 --ram 20K --flash 64K -o out"
    " (K is 1024)"
)


def compile_model(
    model: Annotated[Path, typer.Argument(help="A .tflite file.", show_default=False)],
    target: TargetOption,
    out_dir: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    ram: Annotated[
        int | None,
        typer.Option(
            parser=parse_size, metavar="SIZE", help="The most RAM to use, as 20K (K is 1024)."
        ),
    ] = None,
    flash: Annotated[
        int | None,
        typer.Option(
            parser=parse_size, metavar="SIZE", help="The most flash to use, as 64K (K is 1024)."
        ),
    ] = None,
    objective: Annotated[
        Objective | None, typer.Option("--objective", help="What to make small, or fast.")
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option("--backend", help="Who compiles, instead of the core's own: native or gcc."),
    ] = None,
    unproven: Annotated[
        bool,
        typer.Option(
            "--unproven",
            help="Where no emulator runs the core's code: have its C proven on the host instead.",
        ),
    ] = False,
    vectors: Annotated[int, typer.Option("--vectors", min=3, help="Vectors to verify.")] = 8,
    as_json: AsJson = False,
    boards: BoardsOption = None,
    data: DataOption = None,
) -> None:
    """Compile MODEL for a target: C sources, signed image, and its report as JSON and HTML."""
    from compiler.artifact import write_artifact
    from compiler.build import build_first_fit
    from compiler.report_html import report_html
    from compiler.report_text import report_text
    from firmware_store import image

    from .goal import goal_of, specs_for

    content = read_file(model)
    goal = goal_of(target, boards, ram, flash)
    name = model.stem[:32]
    specs = specs_for(
        content,
        goal,
        image_overhead=image.overhead(image.ImageKind.MODULE, goal.target.name, name),
        vectors=vectors,
        objective=objective,
        backend=backend,
        unproven=unproven,
    )
    with tempfile.TemporaryDirectory(prefix="tinymlaas-") as work, waiting(str(model)) as say:
        built = build_first_fit(specs, Path(work), say)
    shutil.rmtree(out_dir / "src", ignore_errors=True)  # kernels of an earlier run
    write_artifact(built, out_dir)
    (out_dir / "report.html").write_text(report_html(built.report), "utf-8")
    if goal.target.core != "host":
        (out_dir / "image.bin").write_bytes(_signed(built, goal.slot, name, data))
    if as_json:
        print_json(built.report)
    else:
        out.print(report_text(built.report), markup=False)
        out.print(f"\nwritten to {out_dir}", markup=False)


def _signed(built: Built, slot: Slot, name: str, data: Path | None) -> bytes:
    """Return the MCUboot image of a module, signed with the key of the data folder."""
    from firmware_store import image
    from firmware_store.store import Store

    keys = Store(data or default_data()).keys
    if not keys.list():
        note(f"made a signing key in {data or default_data()}")
    meta = image.ImageMeta(
        kind=image.ImageKind.MODULE,
        version=image.ImageVersion(1),
        target=built.target,
        model_name=name,
        model_sha256=bytes.fromhex(built.model_sha256),
        slot=image.ImageSlot(
            slot.load,
            slot.size,
            slot.arena,
            slot.arena_size,
            slot.state,
            slot.state_size,
            slot.data,
        ),
    )
    return image.sign(built.binary, keys.ensure(), meta)
