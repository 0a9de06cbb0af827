"""Builds: equal ones run once, their artifacts are kept; here compiler and store meet."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog

from compiler.errors import CompileError
from compiler.key import build_key
from compiler.spec import BuildSpec, Built
from firmware_store import Artifact, Store, StoreError

from ..protocol.events import EventKind
from .errors import NotFound
from .ports import BuildRunner, Clock, EventSink
from .repositories import BuildRepository
from .views import BuildState, BuildView

_log = structlog.get_logger(__name__)

_UNFINISHED: Final = frozenset({BuildState.QUEUED, BuildState.RUNNING})
_MOST_LISTED: Final = 1000
_PROGRESS_EVERY: Final = 0.2


class BuildService:
    """What was built, and building it."""

    def __init__(
        self,
        *,
        repository: BuildRepository,
        runner: BuildRunner,
        store: Store,
        events: EventSink,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._store = store
        self._events = events
        self._clock = clock
        self._running: dict[str, asyncio.Task[Artifact]] = {}
        self._views: dict[str, BuildView] = {}

    async def start(self) -> None:
        """Close the books on builds that a former server did not finish."""
        for build in await self._repository.latest(_MOST_LISTED):
            if build.state in _UNFINISHED:
                await self._save(
                    replace(
                        build,
                        state=BuildState.FAILED,
                        finished_at=self._clock.now(),
                        error_kind="interrupted",
                        error="the server stopped; it is built again where it is needed",
                    )
                )

    async def aclose(self) -> None:
        """Stop what is being built."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def builds(self, limit: int = 100) -> list[BuildView]:
        """Return the latest builds, newest first."""
        stored = await self._repository.latest(limit)
        return [self._views.get(build.key, build) for build in stored]

    async def build(self, key: str) -> BuildView:
        """Return one build; raises `NotFound`."""
        build = self._views.get(key) or await self._repository.get(key)
        if build is None:
            raise NotFound("build", key)
        return build

    async def report(self, key: str) -> Mapping[str, Any]:
        """Return the compiler's report of a build that succeeded; raises `NotFound`."""
        return (await self._artifact(key)).report

    async def sources(self, key: str) -> Mapping[str, str]:
        """Return the generated C of a build that succeeded; raises `NotFound`."""
        return (await self._artifact(key)).sources

    async def artifact(self, spec: BuildSpec, model: str) -> Artifact:
        """Return the artifact of `spec`: the stored one, that of a build under way, or a new one.

        `model` is the name to show. Raises the `CompileError` that the build ended
        with, and `StoreError`. Giving up waiting does not stop a build: it will be
        there for the next who asks.
        """
        key = await asyncio.to_thread(build_key, spec)
        running = self._running.get(key)
        if running is None:
            running = asyncio.create_task(self._obtain(key, spec, model))
            self._running[key] = running
            running.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(running)

    async def _obtain(self, key: str, spec: BuildSpec, model: str) -> Artifact:
        queued = await asyncio.to_thread(self._queued, key, spec, model)
        if await asyncio.to_thread(self._store.artifacts.__contains__, key):
            artifact = await asyncio.to_thread(self._store.artifacts.get, key)
            if await self._repository.get(key) is None:
                await self._save(_finished(queued, artifact, None))
            return artifact
        view = replace(queued, state=BuildState.RUNNING, started_at=self._clock.now())
        await self._save(view)
        try:
            built = await self._runner.run(spec, self._progress(key))
            artifact = _artifact_of(built)
            await asyncio.to_thread(self._store.artifacts.put, artifact)
        except (CompileError, StoreError) as error:
            await self._save(_failed(view, error, self._clock.now()))
            raise
        except Exception as error:
            await self._save(_failed(view, error, self._clock.now()))
            raise CompileError(f"the build ended in an internal error: {error!r}") from error
        await self._save(_finished(view, artifact, self._clock.now()))
        return artifact

    def _queued(self, key: str, spec: BuildSpec, model: str) -> BuildView:
        return BuildView(
            key=key,
            model=model,
            model_sha256=hashlib.sha256(spec.model).hexdigest(),
            target=spec.profile.target.name,
            kind=spec.kind.value,
            objective=spec.profile.objective.value,
            state=BuildState.QUEUED,
            created_at=self._clock.now(),
        )

    def _progress(self, key: str) -> Callable[[str], None]:
        last = 0.0

        def progress(line: str) -> None:
            nonlocal last
            view = self._views.get(key)
            if view is None:
                return
            view = self._views[key] = replace(view, progress=line)
            now = self._clock.now()
            if now - last >= _PROGRESS_EVERY:
                last = now
                self._emit(view)

        return progress

    def _ended(self, key: str, task: asyncio.Task[Artifact]) -> None:
        self._running.pop(key, None)
        self._views.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("build failed", key=key[:12], why=str(error))

    async def _save(self, view: BuildView) -> None:
        self._views[view.key] = view
        await self._repository.put(view)
        self._emit(view)
        if view.state not in _UNFINISHED:
            self._views.pop(view.key, None)

    def _emit(self, view: BuildView) -> None:
        data = {
            "key": view.key,
            "model": view.model,
            "target": view.target,
            "kind": view.kind,
            "objective": view.objective,
            "state": view.state.value,
            "progress": view.progress,
            "error": view.error,
        }
        self._events.emit(EventKind.BUILD, self._clock.now(), None, data)

    async def _artifact(self, key: str) -> Artifact:
        try:
            return await asyncio.to_thread(self._store.artifacts.get, key)
        except StoreError as error:
            raise NotFound("finished build", key) from error


def _artifact_of(built: Built) -> Artifact:
    return Artifact(
        key=built.key,
        binary=built.binary,
        report=built.report,
        sources=built.sources,
        vectors=built.vectors,
        model_sha256=built.model_sha256,
        target=built.target,
    )


def sizes(artifact: Artifact) -> tuple[int | None, int | None]:
    """Return flash and RAM of the image in bytes, by the linker's own figures."""
    return _figure(artifact.report, "flash", "total"), _figure(artifact.report, "ram", "total")


def keeps_state(artifact: Artifact) -> bool:
    """Return whether what the model computes depends on the runs before."""
    return bool(_figure(artifact.report, "ram", "state"))


def _figure(report: Mapping[str, Any], part: str, name: str) -> int | None:
    figures = report.get(part)
    figure = figures.get(name) if isinstance(figures, Mapping) else None
    return figure if isinstance(figure, int) else None


def _finished(view: BuildView, artifact: Artifact, now: float | None) -> BuildView:
    flash, ram = sizes(artifact)
    state = BuildState.SUCCEEDED
    finished_at = view.created_at if now is None else now
    return replace(view, state=state, finished_at=finished_at, flash=flash, ram=ram, progress=None)


def _failed(view: BuildView, error: Exception, now: float) -> BuildView:
    kind = error.kind if isinstance(error, CompileError) else "build failed"
    return replace(
        view, state=BuildState.FAILED, finished_at=now, error_kind=kind, error=str(error)
    )
