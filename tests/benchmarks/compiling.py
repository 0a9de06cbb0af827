"""Item 9: what a published model costs to compile and prove, and what an equal build costs."""

import asyncio
import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from compiler.build import build
from compiler.errors import UnsupportedModel
from compiler.oracle import Oracle
from compiler.profile import Objective, choose_profile
from compiler.spec import BuildSpec
from compiler.targets import ImageKind, Target, cores, default_slot
from firmware_store import Store
from lwm2m_server.jobs.runner import SubprocessRunner
from lwm2m_server.service.builds import BuildService
from lwm2m_server.service.clock import LoopClock, SteadyTime
from lwm2m_server.service.events import EventLog
from lwm2m_server.storage import Storage

from .figures import Figure, Say, at_most, median

CORE = "cortex-m4"
VECTORS = 8
"""As `tinymlaas compile` does where nobody tells another number."""

SECONDS, MILLISECONDS = 3, 50
"""The goals for a build and for an equal one."""

_HITS = 20

# What a build says before each of its steps, and what is then at work: in this process, and
# in others.
_AT_WORK = {
    "reading the model": ("passes", "passes"),
    "planning memory": ("planning", "planning"),
    "compiling and linking": ("reading the image", "C compiler"),
    "asking the oracle": ("emulation", "oracle"),
}


def measure(say: Say, *, quick: bool, rounds: int) -> None:
    """Build each model that TINYMLAAS_MODELS has for a Cortex-M4, and one of them once more."""
    folder = os.environ.get("TINYMLAAS_MODELS")
    if folder is None:
        say(Figure(9, "not measured: TINYMLAAS_MODELS names no models", 0, "models"))
        return
    models = [model for model in sorted(Path(folder).glob("*.tflite")) if _is_served(model)]
    for model in models[-1:] if quick else models:
        for objective in (Objective.SPEED, Objective.FLASH):
            say(_build(model, objective, rounds))
    say(asyncio.run(_equal(spec_of(models[-1], Objective.SPEED))))


def spec_of(model: Path, objective: Objective) -> BuildSpec:
    """Return the build that `tinymlaas compile` makes of `model`."""
    target = Target(CORE, cores()[CORE].usual)
    profile, *_ = choose_profile(target, objective=objective)
    place = default_slot(target)
    return BuildSpec(model.read_bytes(), profile, place, ImageKind.MODULE, 0, VECTORS)


def _is_served(model: Path) -> bool:
    """Whether the reference interpreter runs it, without which there is no build."""
    try:
        Oracle(model.read_bytes()).close()
    except UnsupportedModel:
        return False
    return True


@dataclass
class _Stopwatch:
    """Seconds of CPU by what was at work."""

    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _step: tuple[str, str] | None = None
    _at: os.times_result = field(default_factory=os.times)

    def __call__(self, words: str) -> None:
        now = os.times()
        if self._step is not None:
            own, others = self._step
            self.spent[own] += now.user + now.system - self._at.user - self._at.system
            self.spent[others] += now.children_user + now.children_system
            self.spent[others] -= self._at.children_user + self._at.children_system
        self._at, self._step = now, _AT_WORK.get(words, self._step)


def _build(model: Path, objective: Objective, rounds: int) -> Figure:
    spec, runs = spec_of(model, objective), []
    for _ in range(rounds):
        watch = _Stopwatch()
        began = time.monotonic()
        with TemporaryDirectory() as work:
            build(spec, Path(work), watch)
        took = time.monotonic() - began
        watch("done")
        runs.append((sum(watch.spent.values()), took, watch.spent))
    total, _, spent = sorted(runs, key=lambda run: run[0])[len(runs) // 2]
    took = min(took for _, took, _ in runs)
    what = f"{model.stem}, objective {objective}"
    return at_most(9, what, total, "s of CPU", SECONDS, **spent, clock=took)


async def _equal(spec: BuildSpec) -> Figure:
    """Build through the server's store; return what asking for it again takes, by the clock."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        storage = await Storage.open(folder / "server.sqlite")
        builds = BuildService(
            repository=storage.builds,
            runner=SubprocessRunner(folder / "jobs"),
            store=Store(folder),
            events=EventLog(storage.events),
            clock=LoopClock(SteadyTime()),
        )
        try:
            first = await builds.artifact(spec, "first")
            clock, cpu = [], []
            for _ in range(_HITS):
                began, worked = time.perf_counter(), time.process_time()
                again = await builds.artifact(spec, "again")
                clock.append(1e3 * (time.perf_counter() - began))
                cpu.append(1e3 * (time.process_time() - worked))
        finally:
            await builds.aclose()
            await storage.aclose()
    if again != first:
        raise RuntimeError("an equal build yields something else")
    what = f"an equal build again, of {len(first.binary):,} B"
    return at_most(9, what, median(clock), "ms", MILLISECONDS, cpu=median(cpu))
