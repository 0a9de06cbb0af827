"""Prove published models on every target: `python -m tests.proof [MODEL...] [--vectors N]`.

Each .tflite file of the folder that TINYMLAAS_MODELS names is compiled for each core that an
emulator runs, and its machine code compared with the reference interpreter, bit by bit: of 1,100
vectors 100 are extreme (minimum, maximum and zero point), the others random. Exits with 1 where
an element differs or a build ends with an error. Left out and named are models that the
interpreter refuses, for which nothing tells what is right, and cores whose compiler or emulator
is not installed; where REQUIRE_PEERS is set these fail.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from compiler.backends import BACKENDS
from compiler.errors import ToolchainFailed, UnsupportedModel
from compiler.evaluation import Evaluation, evaluate
from compiler.oracle import Oracle
from compiler.profile import Objective
from compiler.targets import Target, cores
from compiler.verify import EMULATORS, require_emulator
from tests.peers import REQUIRED

VECTORS = 1_100


def targets() -> Iterator[Target]:
    """Yield each core that code is proven on, with the features that most chips have."""
    for core in cores().values():
        if core.backend and (core.emulator in EMULATORS or core.family == "host"):
            yield Target(core.name, core.usual)


def lacks(target: Target) -> str | None:
    """Return what is not installed of what compiles and runs code of `target`."""
    core = cores()[target.core]
    try:
        require_emulator(core)
    except ToolchainFailed as missing:
        return str(missing)
    return BACKENDS[core.backend].lacks(target) if core.backend else None


def provable(models: list[Path]) -> Iterator[Path]:
    """Yield the models that the reference interpreter runs; name the others."""
    for model in models:
        try:
            Oracle(model.read_bytes()).close()
        except UnsupportedModel as refused:
            print(f"not {model.stem}: {refused}")
        else:
            yield model


def wanted(names: list[str] | None) -> list[Target]:
    """Return the targets to prove on: those of `names`, or all. Names those that are left out."""
    chosen = [target for target in targets() if not names or target.core in names]
    missing = {} if REQUIRED else {target: lacks(target) for target in chosen}
    for target, why in missing.items():
        if why is not None:
            print(f"not on {target.name}: {why}")
    return [target for target in chosen if missing.get(target) is None]


def told(one: Evaluation) -> str:
    """Return one line."""
    head = f"{one.model} on {one.target}, objective {one.objective}: "
    if one.error is not None:
        return f"{head}{one.error}"
    return f"{head}{one.proof}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path, help="files; default: all of the folder")
    parser.add_argument("--vectors", type=int, default=VECTORS)
    parser.add_argument("--objective", type=Objective, action="append", choices=list(Objective))
    parser.add_argument("--target", action="append", help="a core; default: all")
    options = parser.parse_args()
    folder = os.environ.get("TINYMLAAS_MODELS")
    models = options.models or (sorted(Path(folder).glob("*.tflite")) if folder else [])
    if not models:
        parser.error("name models, or set TINYMLAAS_MODELS to the folder that holds them")
    chosen = wanted(options.target)
    jobs = [
        (model, target, objective)
        for model in provable(models)
        for target in chosen
        for objective in options.objective or Objective
    ]
    failed = 0
    # Processes, for passes and plans hold the interpreter's lock.
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = [
            pool.submit(evaluate, m.stem, m.read_bytes(), t, o, vectors=options.vectors)
            for m, t, o in jobs
        ]
        for run in as_completed(runs):
            one = run.result()
            failed += one.error is not None or one.mismatches > 0
            print(told(one), flush=True)
    print(f"{len(jobs)} proofs, {failed} failed")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
