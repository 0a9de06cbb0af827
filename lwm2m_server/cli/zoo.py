"""`tinymlaas zoo`: models of the data folder."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..settings import default_data
from .console import AsJson, out, print_json
from .files import read_file
from .options import DataOption

app = typer.Typer(help="Models of the zoo.", no_args_is_help=True)


@app.command("list")
def list_models(as_json: AsJson = False, data: DataOption = None) -> None:
    """List the models of the zoo."""
    from firmware_store.store import Store

    zoo = Store(data or default_data()).zoo
    zoo.seed_starter()
    rows = [(model, variant) for model in zoo.list() for variant in model.variants]
    if as_json:
        print_json(
            [
                {"name": model.name, "variant": variant.name, "sha256": variant.sha256}
                | {"size": variant.size, "accuracy": variant.accuracy}
                for model, variant in rows
            ]
        )
        return
    table = Table("model", "variant", "size B", "accuracy", "SHA-256", box=None, pad_edge=False)
    for model, variant in rows:
        accuracy = "-" if variant.accuracy is None else f"{variant.accuracy:.1%}"
        table.add_row(model.name, variant.name, str(variant.size), accuracy, variant.sha256[:16])
    out.print(table)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="A .tflite file.", show_default=False)],
    name: Annotated[str | None, typer.Option("--name", help="Default: the file's name.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in another's place.")] = False,
    as_json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Check that FILE is a model this compiler reads, and keep it in the zoo."""
    from compiler.summary import ModelSummary
    from compiler.tflite import read
    from firmware_store.store import Store

    content = read_file(file)
    summary = ModelSummary.of(read(content))
    model = Store(data or default_data()).zoo.add(name or file.stem, content, replace=replace)
    if as_json:
        print_json({"name": model.name, "sha256": model.variant().sha256})
    else:
        out.print(f"added {model.name}: {summary}", markup=False)
