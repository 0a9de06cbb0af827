"""Which profiles are tried, and in which order."""

import pytest

from compiler.errors import NoBackend
from compiler.profile import Limits, Objective, choose_profile
from compiler.targets import Target, cores


@pytest.mark.parametrize(
    ("asked", "tried"),
    [
        (None, ["speed", "flash", "ram"]),
        (Objective.FLASH, ["flash", "ram"]),
        (Objective.RAM, ["ram", "flash"]),
        (Objective.SPEED, ["speed", "flash", "ram"]),
    ],
)
def test_what_was_asked_for_comes_first_then_what_saves_memory(asked, tried) -> None:
    limits = Limits(flash=65536)
    profiles = choose_profile(Target("cortex-m4"), limits, asked)
    assert [profile.objective for profile in profiles] == tried
    assert {(p.backend, p.limits) for p in profiles} == {("native", limits)}


@pytest.mark.parametrize("core", [core for core in cores().values() if not core.backend], ids=str)
def test_a_core_without_backend_is_named_with_what_would_serve_it(core) -> None:
    with pytest.raises(NoBackend) as caught:
        choose_profile(Target(core.name))
    assert core.name in str(caught.value)
    assert core.needs in str(caught.value)


def test_a_core_nobody_knows_is_named() -> None:
    with pytest.raises(NoBackend, match="'pdp11' is not known; served are cortex-m0"):
        choose_profile(Target("pdp11"))
