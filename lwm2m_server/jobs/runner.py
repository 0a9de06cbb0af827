"""Runs `compiler.worker`: one build at a time per core to spare, checks of models one by one."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from compiler.artifact import read_artifact
from compiler.errors import CompileError
from compiler.job import check_to_json, error_from_json, job_to_json, summary_from_json
from compiler.spec import BuildSpec, Built
from compiler.summary import ModelSummary

_log = structlog.get_logger(__name__)

_WORKER = (sys.executable, "-P", "-m", "compiler.worker")
_CONFINE = (sys.executable, "-P", "-m", "lwm2m_server.jobs.confine")
_MODEL = "model.tflite"
_LONGEST_LINE = 64 * 1024
_MOST_LINES = 10_000
_STDERR_KEPT = 50
_DRAINING = 5.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one job may use: bytes, processes, seconds (wall clock and CPU)."""

    memory: int = 8 * 1024**3
    file_size: int = 512 * 1024**2
    artifact_size: int = 256 * 1024**2
    processes: int = 4096
    seconds: float = 600.0

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `lwm2m_server.jobs.confine`."""
        cpu = int(self.seconds) * (os.cpu_count() or 1)
        return tuple(str(n) for n in (self.memory, self.file_size, self.processes, cpu))


_CHECK_SECONDS = 60.0


def spare_cores() -> int:
    """Return how many builds may run side by side: all cores but one, at least one."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


class SubprocessRunner:
    """Implements `service.ports.BuildRunner`.

    `folder` receives one temporary folder per job. `worker` is the command that
    reads the job; another one stands in for it in tests. A check waits for other
    checks only, for builds may take minutes.
    """

    def __init__(
        self,
        folder: Path,
        bounds: Bounds | None = None,
        *,
        worker: tuple[str, ...] = _WORKER,
        side_by_side: int | None = None,
    ) -> None:
        self._folder = folder
        self._bounds = bounds or Bounds()
        # A check takes less than a second, and somebody waits for it.
        seconds = min(self._bounds.seconds, _CHECK_SECONDS)
        self._check_bounds = replace(self._bounds, seconds=seconds)
        self._worker = worker
        self._turn = asyncio.Semaphore(side_by_side or spare_cores())
        self._check_turn = asyncio.Semaphore(1)
        shutil.rmtree(folder, ignore_errors=True)  # what a killed server left

    async def run(self, spec: BuildSpec, progress: Callable[[str], None]) -> Built:
        """Build, or raise the `CompileError` that the build ended with.

        When cancelled, kills the process and all its children first.
        """
        async with self._turn, self._workplace(spec.model) as work:
            job = job_to_json(spec, work / _MODEL, work / "out")
            line = await self._carry_out(job, work, self._bounds, progress)
            return await asyncio.to_thread(self._collect, work / "out", line)

    async def check(self, model: bytes) -> ModelSummary:
        """Say what `model` is, or raise the `CompileError` that tells why it cannot be served."""
        async with self._check_turn, self._workplace(model) as work:
            job = check_to_json(work / _MODEL)
            return summary_from_json(
                await self._carry_out(job, work, self._check_bounds, lambda _words: None)
            )

    @contextlib.asynccontextmanager
    async def _workplace(self, model: bytes) -> AsyncIterator[Path]:
        """Give a folder with the model in it, for as long as the job takes."""

        def prepare() -> Path:
            self._folder.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix="job-", dir=self._folder))
            (work / _MODEL).write_bytes(model)
            return work

        work = await asyncio.to_thread(prepare)
        try:
            yield work
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))

    async def _carry_out(
        self, job: dict[str, Any], work: Path, bounds: Bounds, progress: Callable[[str], None]
    ) -> dict[str, Any]:
        """Run the worker and return its last line; raises the `CompileError` it tells of."""
        process = await asyncio.create_subprocess_exec(
            *_CONFINE,
            *bounds.arguments,
            *self._worker,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=work,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        complaints: deque[str] = deque(maxlen=_STDERR_KEPT)
        try:
            async with asyncio.timeout(bounds.seconds):
                told, *_ = await asyncio.gather(
                    _lines(process, progress),
                    _complaints(process, complaints),
                    _feed(process, json.dumps(job).encode()),
                )
                status = await process.wait()
        except TimeoutError:
            raise CompileError(
                f"the {job['task']} took more than {bounds.seconds:g} s and was stopped"
            ) from None
        finally:
            await _kill(process)
        if status != 0 or told is None:
            _log.error("job failed", task=job["task"], status=status, stderr="".join(complaints))
            raise CompileError(_death(job["task"], status))
        if not told.get("ok"):
            raise error_from_json(told)
        return told

    def _collect(self, out: Path, line: dict[str, Any]) -> Built:
        """Read the artifact, once its size is known to be bearable."""
        size = 0
        for found in out.rglob("*"):
            if found.is_symlink():
                raise CompileError(f"the build left a link where a file belongs: {found.name}")
            size += found.stat().st_size
            if size > self._bounds.artifact_size:
                raise CompileError(f"the build left more than {self._bounds.artifact_size} B")
        return read_artifact(out, line)


async def _feed(process: Process, job: bytes) -> None:
    """Write the job; a worker that is gone already tells so by its status."""
    pipe, _, _ = _pipes(process)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(job)
        await pipe.drain()
    pipe.close()


async def _lines(process: Process, progress: Callable[[str], None]) -> dict[str, Any] | None:
    """Pass progress on and return the last line, None where there was none."""
    _, output, _ = _pipes(process)
    last: dict[str, Any] | None = None
    for _ in range(_MOST_LINES):
        try:
            text = await output.readline()
        except ValueError:
            raise CompileError("the worker wrote a line without end") from None
        if not text:
            return last
        line = _json(text)
        if isinstance(words := line.get("progress"), str):
            progress(words)
        else:
            last = line
    raise CompileError("the worker never stopped talking")


def _json(text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise CompileError(f"the worker wrote what is no JSON object: {text[:80]!r}")
    return line


async def _complaints(process: Process, kept: deque[str]) -> None:
    """Keep the end of stderr, for the log."""
    _, _, stderr = _pipes(process)
    while text := await stderr.read(4096):
        kept.append(text.decode(errors="replace"))


async def _kill(process: Process) -> None:
    """End the process and every child of its session; returns when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(_gone(process))


async def _gone(process: Process) -> None:
    """Wait for the end; asyncio tells of it only once the pipes have been read to theirs."""
    _, output, _ = _pipes(process)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAINING):
            while await output.read(_LONGEST_LINE):
                pass
            await process.wait()


def _pipes(process: Process) -> tuple[StreamWriter, StreamReader, StreamReader]:
    """Return the three pipes, which are there since they were asked for."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise RuntimeError("the process was started without pipes")
    return process.stdin, process.stdout, process.stderr


def _death(task: str, status: int) -> str:
    """Say how the process ended, for the operator."""
    if status == -signal.SIGXCPU:
        return f"the {task} used more CPU time than it may and was stopped"
    if status < 0:
        return f"the {task}'s process was killed ({signal.Signals(-status).name})"
    return f"the {task}'s process failed with status {status}; the server's log has its last words"
