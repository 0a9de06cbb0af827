"""Networks of `architectures`, built for a target and proven there, one after the other."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from compiler.build import BuildSpec, build
from compiler.errors import CompileError, InvalidModel, UnsupportedModel
from compiler.profile import Objective, choose_profile
from compiler.targets import ImageKind, Target, default_slot
from compiler.targets.core import cores

from .architectures import FAMILIES, architecture

_VECTORS = 7
"""Two random ones, all minimum, all maximum, zero points, alternating ones, and one more."""


_STACK_MAX = 512
"""Bytes."""


@dataclass
class Trials:
    """How networks ended: proven, refused in words, or wrong, which says what and where."""

    proven: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    deepest: int = 0
    """The largest stack bound, in bytes."""


def target_of(name: str) -> Target:
    """Return the target of `cortex-m33+dsp`; a core alone has its usual features."""
    core, *features = name.split("+")
    return Target(core, tuple(sorted(features)) or cores()[core].usual)


def objective_of(seed: int) -> Objective:
    """Return what `architecture(seed)` is built for: each family for each in turn."""
    objectives = tuple(Objective)
    return objectives[seed // len(FAMILIES) % len(objectives)]


def attempt(seed: int, target: Target, trials: Trials) -> None:
    """Build one network; its machine code is compared with the oracle, bit by bit."""
    objective = objective_of(seed)
    profile, *_ = choose_profile(target, objective=objective)
    place = default_slot(target)
    spec = BuildSpec(architecture(seed), profile, place, ImageKind.MODULE, 0, _VECTORS)
    try:
        with tempfile.TemporaryDirectory(prefix="tinymlaas-") as work:
            report = build(spec, Path(work), lambda words: None).report
    except (InvalidModel, UnsupportedModel):
        trials.refused += 1
    except CompileError as error:
        trials.wrong.append(f"architecture({seed}), {target.name}, {objective}: {error}")
    else:
        trials.proven += 1
        bound = report["ram"]["stack_bound"]
        trials.deepest = max(trials.deepest, bound)
        if bound > _STACK_MAX:
            trials.wrong.append(
                f"architecture({seed}), {target.name}, {objective}: {bound} B stack"
            )


def attempts(seed: int, seconds: float, name: str) -> Trials:
    """Build networks from `seed` on until the time is over."""
    trials, target, end = Trials(), target_of(name), time.monotonic() + seconds
    while time.monotonic() < end:
        attempt(seed, target, trials)
        seed += 1
    return trials
