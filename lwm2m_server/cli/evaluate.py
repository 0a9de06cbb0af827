"""`tinymlaas evaluate` and `tinymlaas explore`: what models cost on targets, without boards."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from compiler.evaluation import Evaluation, engines, evaluate, pareto, published
from compiler.evaluation.plot import plot
from compiler.evaluation.table import (
    engines_text,
    evaluations_text,
    operators_text,
    peers_text,
    points_text,
    to_json,
)
from compiler.profile import Objective
from compiler.targets import Target, cores

from ..settings import default_data
from .console import AsJson, CommandFailed, out, print_json, waiting
from .files import read_file
from .goal import goal_of
from .options import BoardsOption, DataOption, TargetOption

EXAMPLE = "Example: tinymlaas evaluate model.tflite --target cortex-m4 --per-op"

_PEER_CORES = ("cortex-m4", "cortex-m0plus", "cortex-m55")
_ENGINES_CORE = "cortex-m4"

ModelsFolder = Annotated[
    Path | None,
    typer.Option(
        "--models",
        envvar="TINYMLAAS_MODELS",
        help="Folder of the published models that --all and --published take.",
        show_default=False,
    ),
]
VectorsOption = Annotated[int, typer.Option("--vectors", min=3, help="Vectors to prove with.")]


@dataclass(frozen=True, slots=True)
class _Job:
    """One model for one target and objective."""

    name: str
    model: bytes
    target: Target
    objective: Objective


def evaluate_models(
    models_given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help=".tflite files, or models of the zoo."),
    ] = None,
    targets: Annotated[
        list[str] | None,
        typer.Option("--target", help="A core or a board; several are allowed. Default: all."),
    ] = None,
    objective: Annotated[
        Objective, typer.Option("--objective", help="What to make small, or fast.")
    ] = Objective.SPEED,
    per_op: Annotated[bool, typer.Option("--per-op", help="A line for each operator.")] = False,
    all_published: Annotated[
        bool, typer.Option("--all", help="Published models beside TensorFlow Lite Micro.")
    ] = False,
    engines_too: Annotated[
        bool, typer.Option("--published", help="Published figures of other engines beside ours.")
    ] = False,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write a plot to this file.", show_default=False)
    ] = None,
    vectors: VectorsOption = 20,
    as_json: AsJson = False,
    models: ModelsFolder = None,
    boards: BoardsOption = None,
    data: DataOption = None,
) -> None:
    """Build, prove and measure models on emulated targets: flash, RAM, exact instructions."""
    if engines_too:
        jobs = list(_published_jobs(models, (_ENGINES_CORE,), (Objective.FLASH, Objective.SPEED)))
    elif all_published:
        jobs = list(_published_jobs(models, _PEER_CORES, (objective,)))
    elif models_given:
        places = [goal_of(one, boards, None, None).target for one in targets or _served()]
        named = [_model(given, data) for given in models_given]
        jobs = [_Job(*model, target, objective) for model in named for target in places]
    else:
        raise CommandFailed("name a model, or give --all or --published; see --help")
    found = _evaluated(jobs, vectors)
    if svg is not None:
        svg.write_text(plot(found), "utf-8")
    if as_json:
        print_json([to_json(one) for one in found])
        return
    text = evaluations_text(found)
    if engines_too:
        text = "\n".join(engines_text(found, published(), engines()))
    elif all_published:
        text += "\n\nmillions of instructions of one inference\n" + peers_text(found, published())
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    for one in found if per_op else []:
        out.print(f"\n{one.model} on {one.target}", markup=False, highlight=False)
        out.print(operators_text(one), markup=False, highlight=False, soft_wrap=True)


def explore_model(
    model: Annotated[str, typer.Argument(help="A .tflite file, or a model of the zoo.")],
    target: TargetOption,
    vectors: VectorsOption = 8,
    as_json: AsJson = False,
    boards: BoardsOption = None,
    data: DataOption = None,
) -> None:
    """Build MODEL in every way there is for a target, and star those that nothing else beats."""
    place = goal_of(target, boards, None, None).target
    named = _model(model, data)
    points = pareto(_evaluated([_Job(*named, place, one) for one in Objective], vectors))
    if as_json:
        print_json([to_json(p.evaluation) | {"optimal": p.optimal} for p in points])
    else:
        out.print(points_text(points), markup=False, highlight=False, soft_wrap=True)


def _evaluated(jobs: Sequence[_Job], vectors: int) -> list[Evaluation]:
    """Evaluate, as many at a time as there are processors: the work is done by processes."""
    with waiting("evaluating") as say, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [
            pool.submit(
                evaluate,
                job.name,
                job.model,
                job.target,
                job.objective,
                vectors=vectors,
                progress=say,
            )
            for job in jobs
        ]
        found = [run.result() for run in runs]
    if len(found) == 1 and found[0].error is not None:
        raise CommandFailed(found[0].error)
    return found


def _published_jobs(
    folder: Path | None, wanted: Sequence[str], objectives: Sequence[Objective]
) -> Iterator[_Job]:
    if folder is None:
        raise CommandFailed(
            "the published models are not part of this program: name the folder that holds them"
            f" ({', '.join(one.name for one in published())}) with --models"
        )
    for one in published():
        content = read_file(folder / f"{one.name}.tflite")
        for core in wanted:
            for objective in objectives:
                yield _Job(one.name, content, Target(core, cores()[core].usual), objective)


def _served() -> list[str]:
    from compiler.backends import BACKENDS

    return [
        core.name
        for core in cores().values()
        if core.backend is not None
        and core.name == core.emulated
        and core.emulator != "none"
        and not BACKENDS[core.backend].lacks(Target(core.name, core.usual))
    ]


def _model(given: str, data: Path | None) -> tuple[str, bytes]:
    """Return name and bytes of a file, or of a model of the zoo."""
    if Path(given).exists() or given.endswith(".tflite"):
        return Path(given).stem, read_file(Path(given))
    from firmware_store.store import Store

    return given, Store(data or default_data()).zoo.read(given)
