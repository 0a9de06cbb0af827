"""How to compile a model for a device: target, backend, objective and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .errors import NoBackend
from .targets.core import cores
from .targets.target import Target


class Objective(StrEnum):
    """What to make small, or fast."""

    FLASH = "flash"
    RAM = "ram"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that an image may use, in bytes; None where there is no limit."""

    flash: int | None = None
    ram: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class CompileProfile:
    """A target, the backend that serves it, an objective and the limits to meet."""

    target: Target
    backend: str = "native"
    objective: Objective = Objective.FLASH
    limits: Limits = NO_LIMITS


# What is tried after the objective that was asked for, the fastest where none was: smaller
# and smaller.
_TRIED: Mapping[Objective | None, tuple[Objective, ...]] = MappingProxyType(
    {
        None: (Objective.SPEED, Objective.FLASH, Objective.RAM),
        Objective.FLASH: (Objective.FLASH, Objective.RAM),
        Objective.RAM: (Objective.RAM, Objective.FLASH),
        Objective.SPEED: (Objective.SPEED, Objective.FLASH, Objective.RAM),
    }
)


def choose_profile(
    target: Target,
    limits: Limits = NO_LIMITS,
    objective: Objective | None = None,
    backend: str | None = None,
) -> tuple[CompileProfile, ...]:
    """Return the profiles to try for `target`, the first that fits wins; never empty.

    Without an `objective` the fastest first; then, and after the one that was asked for,
    those that save memory. `backend` is asked for instead of the
    core's own. Raises `NoBackend`, naming the core and what would serve it.
    """
    core = cores().get(target.core)
    if core is None:
        served = ", ".join(name for name, row in cores().items() if row.backend)
        raise NoBackend(f"no backend: core {target.core!r} is not known; served are {served}")
    engine = backend or core.backend
    if engine is None:
        raise NoBackend(f"no backend compiles for core {core.name!r}; it would take {core.needs}")
    return tuple(CompileProfile(target, engine, tried, limits) for tried in _TRIED[objective])
