"""One job as a process of its own: `python -m compiler.worker`.

stdin: one JSON job, as `compiler.job.job_to_json` writes it:

    {"task": "build", "model": PATH,
     "profile": {"target": {"core": ..., "features": [...], "ram": ..., "flash": ...,
     "clock": ..., "accelerators": [...], "source": ...}, "backend": "native",
     "objective": "flash", "limits": {"flash": ..., "ram": ...}},
     "kind": "module", "place": {"load": ..., "size": ..., "arena": ..., "arena_size": ...,
     "state": ..., "state_size": ..., "stack_size": ..., "data": null},
     "image_overhead": N, "vectors": N, "unproven": false, "out": FOLDER}

where `place` of a firmware is {"slot": {...}, "ram": ..., "ram_size": ...}; or

    {"task": "check", "model": PATH}

stdout: JSON lines, {"progress": "linking"} any number of times, then either
{"ok": true, "key": ..., "model_sha256": ..., "target": ...} or, for a check,
{"ok": true, "summary": {"inputs": ["int8[1,8,8,1]"], "outputs": ["int8[1,10]"],
 "operators": {"CONV_2D": 1}, "macs": N, "constants": N}} or, for both,
{"ok": false, "kind": "does not fit", "message": ..., "details": {...}}.

A build's OUT receives binary.bin, report.json, vectors.cbor and src/. The exit status is 0
in both cases; another one is a bug, or a kill by the parent, which also sets the
limits on memory, processes and time.
"""

import json
import shutil
import sys
from collections.abc import Callable
from typing import Any

from .errors import CompileError
from .job import BuildJob, CheckJob, error_to_json, job_from_json, summary_to_json
from .own_stdout import own_stdout
from .summary import ModelSummary
from .tflite import read

_LARGEST_JOB = 1 << 20


def main() -> int:
    """Carry out the job on stdin; see the module's text."""
    with own_stdout() as lines:

        def tell(line: dict[str, Any]) -> None:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

        try:
            tell(work(_job(), lambda words: tell({"progress": words})))
        except CompileError as error:
            tell(error_to_json(error))
        except MemoryError:
            tell(error_to_json(CompileError("the job needs more memory than it may use")))
    return 0


def work(job: object, progress: Callable[[str], None]) -> dict[str, Any]:
    """Carry out `job` and return the last line to write; raises its `CompileError`."""
    match job_from_json(job):
        case CheckJob(model):
            return summary_to_json(ModelSummary.of(read(model)))
        case BuildJob() as build_job:
            return _build(build_job, progress)


def _build(job: BuildJob, progress: Callable[[str], None]) -> dict[str, Any]:
    """Build into the job's folder."""
    # A check needs none of it, and whoever uploads a model waits for one.
    from .artifact import write_artifact  # noqa: PLC0415
    from .build import build  # noqa: PLC0415

    job.out.mkdir(parents=True, exist_ok=True)
    # Inside the artifact's folder: whoever kills this process clears that anyway.
    workdir = job.out / ".work"
    try:
        built = build(job.spec, workdir, progress)
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    write_artifact(built, job.out)
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


if __name__ == "__main__":
    sys.exit(main())
