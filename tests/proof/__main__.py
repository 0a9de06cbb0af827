"""Prove published models on every target: `python -m tests.proof [MODEL...] [--vectors N]`.

Each .tflite file of the folder that TINYMLAAS_MODELS names is compiled for each core that an
emulator runs, and its machine code compared with the reference interpreter, bit by bit: of 1,100
vectors 100 are extreme (minimum, maximum and zero point), the others random. Exits with 1 where
an element differs or a build ends with an error.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compiler.backends import BACKENDS
from compiler.evaluation import Evaluation, evaluate
from compiler.profile import Objective
from compiler.targets import Target, cores

VECTORS = 1_100


def targets() -> list[Target]:
    """Return each core that code is proven on, with the features that most chips have."""
    return [
        Target(core.name, core.usual)
        for core in cores().values()
        if core.backend and not BACKENDS[core.backend].lacks(Target(core.name, core.usual))
    ]


def told(one: Evaluation) -> str:
    """Return one line."""
    head = f"{one.model} on {one.target}, objective {one.objective}: "
    if one.error is not None:
        return f"{head}{one.error}"
    return f"{head}{one.vectors} vectors, {one.mismatches} mismatches"


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
    wanted = [t for t in targets() if not options.target or t.core in options.target]
    jobs = [
        (model, target, objective)
        for model in models
        for target in wanted
        for objective in options.objective or Objective
    ]
    failed = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [
            pool.submit(evaluate, m.stem, m.read_bytes(), t, o, vectors=options.vectors)
            for m, t, o in jobs
        ]
        for run in runs:
            one = run.result()
            failed += one.error is not None or one.mismatches > 0
            print(told(one), flush=True)
    print(f"{len(jobs)} proofs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
