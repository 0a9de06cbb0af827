"""How to compile a model for a device: target, backend, objective and limits."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class CompileProfile:
    """A target, the backend that serves it, an objective and the limits to meet."""

    target: Target
    backend: str = "native"
    objective: Objective = Objective.FLASH
    limits: Limits = Limits()


def choose_profile(
    target: Target, limits: Limits = Limits(), objective: Objective | None = None
) -> tuple[CompileProfile, ...]:
    """Return the profiles to try for `target`, the first that fits wins; never empty.

    Without an `objective`: smallest flash first, then smallest RAM; with one, that
    first and then the ones that save memory. Raises `NoBackend`, naming the core
    and what would serve it.
    """
    raise NotImplementedError
