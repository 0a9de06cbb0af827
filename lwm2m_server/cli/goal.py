"""What `--target`, `--ram` and `--flash` say: a target, a slot to link for, limits to keep."""

from dataclasses import dataclass
from pathlib import Path

from compiler.build import BuildSpec
from compiler.profile import NO_LIMITS, Limits, Objective, choose_profile
from compiler.targets import BoardTable, ImageKind, Slot, Target, cores, default_slot

from ..settings import default_data
from .console import CommandFailed


@dataclass(frozen=True, slots=True)
class Goal:
    """A target, the slot to link for, and the most that arena, state and stack take together."""

    target: Target
    slot: Slot
    limits: Limits


def goal_of(text: str, boards: Path | None, ram: int | None, flash: int | None) -> Goal:
    """Read what the options say; `ram` and `flash` in bytes.

    A bare core brings the features that most chips with it have. Where a board is
    named without `--ram` and `--flash`, its own slot is linked for; one without slots
    limits an image to the memory it has.
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
        return _limited(target, ram, flash)
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
        return Goal(target, board.slots[min(board.slots)], NO_LIMITS)
    return _limited(
        target,
        board.ram if ram is None else ram,
        board.flash if flash is None else flash,
    )


def _limited(target: Target, ram: int | None, flash: int | None) -> Goal:
    return Goal(target, default_slot(target, ram, flash), Limits(flash=flash, ram=ram))


def specs_for(
    model: bytes,
    goal: Goal,
    *,
    image_overhead: int,
    vectors: int,
    objective: Objective | None,
    backend: str | None = None,
    unproven: bool = False,
) -> list[BuildSpec]:
    """Return the builds of a module to try, in this order; raises `NoBackend`."""
    return [
        BuildSpec(model, profile, goal.slot, ImageKind.MODULE, image_overhead, vectors, unproven)
        for profile in choose_profile(goal.target, goal.limits, objective, backend)
    ]
