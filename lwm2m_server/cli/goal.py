"""What `--target` names: a core, a core with features, or a board of the table."""

from dataclasses import dataclass
from pathlib import Path

from compiler.build import BuildSpec
from compiler.profile import Limits, Objective, choose_profile
from compiler.targets import BoardTable, ImageKind, Slot, Target, cores, default_slot

from ..settings import default_data
from .console import CommandFailed


@dataclass(frozen=True, slots=True)
class Goal:
    """A target and the slot to link for."""

    target: Target
    slot: Slot


def goal_of(text: str, boards: Path | None, ram: int | None, flash: int | None) -> Goal:
    """Read what `--target` says.

    A bare core brings the features that most chips with it have. Where a board is
    named without `--ram` and `--flash`, its own slot is linked for.
    """
    name, *features = text.split("+")
    core = cores().get(name)
    if core is not None:
        target = Target(name, tuple(sorted(features)) or core.usual)
        unknown = set(target.features) - set(core.features)
        if unknown:
            raise CommandFailed(
                f"{name} has no feature {', '.join(sorted(unknown))};"
                f" it may have {', '.join(core.features) or 'none'}"
            )
        return Goal(target, default_slot(target, ram, flash))
    board = BoardTable.load(boards or default_data() / "boards").get(text)
    if board is None:
        raise CommandFailed(f"no core and no board is named {text!r}; see `tinymlaas targets`")
    target = Target(
        board.core,
        board.features,
        board.ram,
        board.flash,
        board.clock,
        board.accelerators,
        source="command",
    )
    if board.slots and ram is None and flash is None:
        return Goal(target, board.slots[min(board.slots)])
    return Goal(target, default_slot(target, ram or board.ram, flash or board.flash))


def specs_for(
    model: bytes,
    goal: Goal,
    *,
    image_overhead: int,
    vectors: int,
    objective: Objective | None,
    limits: Limits,
) -> list[BuildSpec]:
    """Return the builds of a module to try, in this order; raises `NoBackend`."""
    return [
        BuildSpec(model, profile, goal.slot, ImageKind.MODULE, image_overhead, vectors)
        for profile in choose_profile(goal.target, limits, objective)
    ]
