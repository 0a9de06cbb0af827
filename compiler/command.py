"""Builds that a person asks for without a device: targets by name, limits as given."""

from difflib import get_close_matches

from .build import BuildSpec
from .errors import UnknownHardware
from .profile import Limits, Objective, choose_profile
from .targets import (
    BoardTable,
    ImageKind,
    Target,
    cores,
    default_firmware_map,
    default_slot,
)

_FEWEST_VECTORS = 3


def target_named(text: str, boards: BoardTable) -> Target:
    """Return the target that `text` names: a core, `cortex-m4+dsp+fpv4-sp`, or a board.

    A core alone has no optional feature; a board has those of its row. Raises
    `UnknownHardware` with names that are close.
    """
    board = boards.get(text)
    if board is not None:
        return Target(
            core=board.core,
            features=board.features,
            ram=board.ram,
            flash=board.flash,
            clock=board.clock,
            accelerators=board.accelerators,
            source=f"board {board.name}",
        )
    name, *features = text.split("+")
    core = cores().get(name)
    if core is None:
        known = [*cores(), *(board.name for board in boards)]
        close = ", ".join(get_close_matches(text, known, n=3)) or ", ".join(cores())
        raise UnknownHardware(f"target {text!r} is no core and no board; there is {close}")
    strange = set(features) - set(core.features)
    if core.backend is not None and strange:
        offered = ", ".join(core.features) or "none"
        raise UnknownHardware(f"{name} has no feature {min(strange)!r}, it has {offered}")
    return Target(core=name, features=tuple(sorted(set(features))))


def specs_for(
    model: bytes,
    target: Target,
    *,
    image_overhead: int,
    ram: int | None = None,
    flash: int | None = None,
    objective: Objective | None = None,
    kind: ImageKind = ImageKind.MODULE,
    vectors: int = 8,
) -> tuple[BuildSpec, ...]:
    """Return the builds to try, in this order, for `build_first_fit`.

    `ram` limits arena, state and stack together, `flash` the image; without them
    there is plenty. At least three vectors are run. Raises `NoBackend`.
    """
    place = default_slot if kind is ImageKind.MODULE else default_firmware_map
    return tuple(
        BuildSpec(
            model=model,
            profile=profile,
            place=place(target, ram, flash),
            kind=kind,
            image_overhead=image_overhead,
            vectors=max(_FEWEST_VECTORS, vectors),
        )
        for profile in choose_profile(target, Limits(flash=flash, ram=ram), objective)
    )
