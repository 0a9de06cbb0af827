"""One build as a process of its own: `python -m compiler.worker`.

stdin: one JSON job, as `job_to_json` writes it:

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

from pathlib import Path
from typing import Any

from .build import BuildSpec, Built
from .errors import CompileError


def job_to_json(spec: BuildSpec, model: Path, out: Path) -> dict[str, Any]:
    """Return `spec` as a job; the model's bytes are to be found at `model`."""
    raise NotImplementedError


def job_from_json(job: object) -> tuple[BuildSpec, Path]:
    """Return the spec (model read from its path) and the folder for the artifact.

    Raises `CompileError` for a job that is none.
    """
    raise NotImplementedError


def error_to_json(error: CompileError) -> dict[str, Any]:
    """Return the last line of a build that ended without an artifact."""
    raise NotImplementedError


def error_from_json(line: dict[str, Any]) -> CompileError:
    """Return the error that the worker's last line tells of, of its own class again."""
    raise NotImplementedError


def write_artifact(built: Built, out: Path) -> None:
    """Write binary.bin, report.json, vectors.cbor and src/ into `out`."""
    raise NotImplementedError


def read_artifact(out: Path, line: dict[str, Any]) -> Built:
    """Read back what a worker wrote; `line` is its last one. Raises `CompileError`."""
    raise NotImplementedError
