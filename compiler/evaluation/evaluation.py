"""What a model costs on a target, measured without a board: built, proven and counted."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ..build import build
from ..errors import CompileError
from ..profile import Objective, choose_profile
from ..spec import BuildSpec
from ..targets import ImageKind, Target, default_slot


@dataclass(frozen=True, slots=True)
class OperatorCost:
    """An operator of the program: MACs, exact instructions (None: not told), bytes of flash."""

    index: int
    name: str
    form: str
    macs: int
    instructions: int | None
    flash: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model on a target for one objective.

    Bytes: `constants` and `code` with tables (no image header), `arena`, `state`, `stack`
    bound. `instructions` of one inference are exact; None on the host. `vectors` were
    compared with the oracle, `mismatches` elements differed; for `undefined` more the oracle
    has no output. `macs` are those that are left after all passes. Where the model could not
    be built, `error` says why and all figures are 0.
    """

    model: str
    target: str
    core: str
    objective: Objective
    constants: int = 0
    code: int = 0
    arena: int = 0
    state: int = 0
    stack: int = 0
    macs: int = 0
    instructions: int | None = None
    vectors: int = 0
    undefined: int = 0
    mismatches: int = 0
    operators: tuple[OperatorCost, ...] = ()
    error: str | None = None

    @property
    def proof(self) -> str:
        """What was compared and how it went, in words."""
        more = f", {self.undefined} without an output" if self.undefined else ""
        return f"{self.vectors} vectors, {self.mismatches} mismatches{more}"

    @property
    def flash(self) -> int:
        """Bytes of flash: constants, code and tables."""
        return self.constants + self.code

    @property
    def ram(self) -> int:
        """Bytes of RAM: arena, state and stack."""
        return self.arena + self.state + self.stack

    @classmethod
    def of(cls, model: str, target: Target, objective: Objective, report: dict[str, Any]) -> Self:
        """Return the evaluation that a build's report holds."""
        flash, ram, proof = report["flash"], report["ram"], report["verification"]
        return cls(
            model,
            target.name,
            target.core,
            objective,
            constants=flash["constants"],
            code=flash["code"] + flash["table"],
            arena=ram["arena"],
            state=ram["state"],
            stack=ram["stack_bound"],
            macs=report["macs"],
            instructions=report["instructions_per_inference"],
            vectors=proof["vectors"],
            undefined=proof["undefined"],
            mismatches=proof["mismatches"],
            operators=tuple(
                OperatorCost(**{name: row[name] for name in OperatorCost.__slots__})
                for row in report["operators"]
            ),
        )


def evaluate(
    name: str,
    model: bytes,
    target: Target,
    objective: Objective = Objective.SPEED,
    *,
    vectors: int = 20,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Build a module of `model` for `target` at its default place, prove it and measure it."""
    try:
        profile, *_ = choose_profile(target, objective=objective)
        spec = BuildSpec(model, profile, default_slot(target), ImageKind.MODULE, 0, vectors)
        with tempfile.TemporaryDirectory(prefix="tinymlaas-") as work:
            built = build(spec, Path(work), lambda words: progress(f"{target.name}: {words}"))
    except CompileError as error:
        return Evaluation(name, target.name, target.core, objective, error=str(error))
    return Evaluation.of(name, target, objective, built.report)
