"""Targets by name, and the builds that limits ask for."""

import pytest

from compiler.command import specs_for, target_named
from compiler.errors import NoBackend, UnknownHardware
from compiler.profile import Limits, Objective
from compiler.targets import BoardTable, ImageKind, Target

BOARDS = BoardTable.load()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cortex-m4", "cortex-m4"),
        ("cortex-m4+fpv4-sp+dsp", "cortex-m4+dsp+fpv4-sp"),
        ("rv32imc", "rv32imc"),
        ("nrf52840dk", "cortex-m4+dsp+fpv4-sp"),
        ("host", "host"),
    ],
)
def test_a_target_is_named_by_core_features_or_board(text, name) -> None:
    assert target_named(text, BOARDS).name == name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cortex-m5", "cortex-m55"),
        ("", "cortex-m0plus"),
        ("cortex-m4+mve", "cortex-m4 has no feature 'mve', it has dsp, fpv4-sp"),
        ("rv32imc+", "rv32imc has no feature '', it has none"),
        ("nrf52840", "nrf52840dk"),
    ],
)
def test_a_name_that_is_none_is_told_what_there_is(text, complaint) -> None:
    with pytest.raises(UnknownHardware) as caught:
        target_named(text, BOARDS)
    assert complaint in str(caught.value)


def test_limits_become_the_places_and_the_profiles_limits() -> None:
    specs = specs_for(
        b"m",
        Target("cortex-m4"),
        image_overhead=300,
        ram=20480,
        flash=65536,
        objective=Objective.SPEED,
        vectors=1,
    )
    assert [spec.profile.objective for spec in specs] == ["speed", "flash", "ram"]
    for spec in specs:
        assert spec.profile.limits == Limits(flash=65536, ram=20480)
        assert (spec.place.size, spec.place.arena_size) == (65536, 20480)
        assert spec.vectors == 3


def test_a_firmware_gets_a_whole_map() -> None:
    (first, *_) = specs_for(b"m", Target("cortex-m4"), image_overhead=0, kind=ImageKind.FIRMWARE)
    assert first.place.slot.size
    assert first.place.ram_size


def test_a_core_without_backend_has_no_builds() -> None:
    with pytest.raises(NoBackend):
        specs_for(b"m", target_named("esp32-s3", BOARDS), image_overhead=0)
