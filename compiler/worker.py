"""One build as a process of its own: `python -m compiler.worker`.

stdin: one JSON job, as `compiler.job.job_to_json` writes it:

    {"model": PATH, "profile": {"target": {"core": ..., "features": [...], "ram": ...,
     "flash": ..., "clock": ..., "accelerators": [...], "source": ...}, "backend": "native",
     "objective": "flash", "limits": {"flash": ..., "ram": ...}},
     "kind": "module", "place": {"load": ..., "size": ..., "arena": ..., "arena_size": ...,
     "state": ..., "state_size": ..., "stack_size": ..., "data": null},
     "image_overhead": N, "vectors": N, "out": FOLDER}

where `place` of a firmware is {"slot": {...}, "ram": ..., "ram_size": ...}.

stdout: JSON lines, {"progress": "linking"} any number of times, then either
{"ok": true, "key": ..., "model_sha256": ..., "target": ...} or
{"ok": false, "kind": "does not fit", "message": ..., "details": {...}}.

OUT receives binary.bin, report.json, vectors.cbor and src/. The exit status is 0
in both cases; another one is a bug, or a kill by the parent, which also sets the
limits on memory, processes and time.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from typing import IO, Any

from .artifact import read_artifact, write_artifact
from .build import build
from .errors import CompileError
from .job import error_from_json, error_to_json, job_from_json, job_to_json

# What a parent needs to start a worker and to read what it said.
__all__ = ["error_from_json", "job_from_json", "job_to_json", "main", "read_artifact", "work"]

_LARGEST_JOB = 1 << 20


def main() -> int:
    """Carry out the job on stdin; see the module's text."""
    with _own_stdout() as lines:

        def tell(line: dict[str, Any]) -> None:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

        try:
            tell(work(_job(), lambda words: tell({"progress": words})))
        except CompileError as error:
            tell(error_to_json(error))
        except MemoryError:
            tell(error_to_json(CompileError("the build needs more memory than it may use")))
    return 0


def work(job: object, progress: Callable[[str], None]) -> dict[str, Any]:
    """Build what `job` asks for into its folder and return the last line to write.

    Raises the `CompileError` that the build ended with.
    """
    spec, out = job_from_json(job)
    out.mkdir(parents=True, exist_ok=True)
    # Inside the artifact's folder: whoever kills this process clears that anyway.
    workdir = out / ".work"
    try:
        built = build(spec, workdir, progress)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    write_artifact(built, out)
    return {
        "ok": True,
        "key": built.key,
        "model_sha256": built.model_sha256,
        "target": built.target,
    }


def _job() -> object:
    text = sys.stdin.buffer.read(_LARGEST_JOB + 1)
    if len(text) > _LARGEST_JOB:
        raise CompileError(f"the job is larger than {_LARGEST_JOB} B")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise CompileError(f"the job is no JSON: {fault}") from fault


def _own_stdout() -> IO[str]:
    """Return stdout for our lines alone; what libraries print there goes to stderr."""
    ours = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(ours, "w", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
