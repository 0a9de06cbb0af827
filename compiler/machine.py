"""What generated code may rely on, and what it is to be good at."""

from dataclasses import dataclass
from typing import Self

from .profile import CompileProfile, Objective
from .targets.core import cores


@dataclass(frozen=True, slots=True)
class Machine:
    """The instructions that every device of a target has, and the objective.

    `features` are names of Object 26241/1 and those that `cores.toml` adds for what a
    core always has: `dsp`, `mve`, `long-multiply` (32 times 32 bits to 64 in one
    instruction), `unaligned` (loads of words from any address).
    """

    features: frozenset[str] = frozenset()
    objective: Objective = Objective.FLASH

    @classmethod
    def of(cls, profile: CompileProfile) -> Self:
        """Return the machine that a profile compiles for."""
        core = cores()[profile.target.core]
        return cls(core.always | set(profile.target.features), profile.objective)

    def has(self, feature: str) -> bool:
        """Whether code may use what `feature` names."""
        return feature in self.features
