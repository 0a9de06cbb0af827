"""A build's key: everything that decides what comes out, and nothing else."""

from dataclasses import replace

import pytest

from compiler.build import build_key
from compiler.profile import Limits, Objective
from compiler.targets import ImageKind, Target


def test_a_key_is_a_hash_and_always_the_same(spec) -> None:
    assert build_key(spec) == build_key(replace(spec))
    assert len(bytes.fromhex(build_key(spec))) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"model": b"modem"},
        {"image_overhead": 301},
        {"vectors": 6},
        {"unproven": True},
    ],
    ids=str,
)
def test_each_part_of_a_spec_changes_the_key(spec, change) -> None:
    assert build_key(replace(spec, **change)) != build_key(spec)


@pytest.mark.parametrize(
    "change",
    [
        {"target": Target("cortex-m4", ("dsp",))},
        {"target": Target("cortex-m7", ("dsp",))},
        {"objective": Objective.FLASH},
        {"objective": Objective.SPEED},
        {"limits": Limits(flash=65537)},
        {"limits": Limits(flash=65536, ram=1)},
    ],
    ids=str,
)
def test_each_part_of_a_profile_changes_the_key(spec, change) -> None:
    changed = replace(spec, profile=replace(spec.profile, **change))
    assert build_key(changed) != build_key(spec)


@pytest.mark.parametrize(
    "field", ["load", "size", "arena", "arena_size", "state", "state_size", "stack_size"]
)
def test_each_address_and_size_of_a_slot_changes_the_key(spec, field) -> None:
    place = replace(spec.place, **{field: getattr(spec.place, field) + 16})
    assert build_key(replace(spec, place=place)) != build_key(spec)
    assert build_key(replace(spec, place=replace(spec.place, data=0))) != build_key(spec)


def test_a_firmware_has_another_key(spec, firmware_place) -> None:
    firmware = replace(spec, kind=ImageKind.FIRMWARE, place=firmware_place)
    larger = replace(firmware, place=replace(firmware_place, ram_size=0x8000))
    assert len({build_key(spec), build_key(firmware), build_key(larger)}) == 3


def test_devices_that_are_alike_share_a_build(spec) -> None:
    """Who told the target, its clock and its memory decide nothing that comes out."""
    target = replace(spec.profile.target, source="assigned x", clock=1, ram=None, flash=7)
    alike = replace(spec, profile=replace(spec.profile, target=target))
    assert build_key(alike) == build_key(spec)


@pytest.mark.parametrize("change", [{"vectors": 2}, {"image_overhead": -1}])
def test_a_spec_that_proves_too_little_is_misuse(spec, change) -> None:
    with pytest.raises(ValueError, match="at least 3 vectors"):
        replace(spec, **change)


def test_a_module_does_not_live_in_a_firmware_map(spec, firmware_place) -> None:
    with pytest.raises(ValueError, match="module cannot live in a FirmwareMap"):
        replace(spec, place=firmware_place)
    with pytest.raises(ValueError, match="firmware cannot live in a Slot"):
        replace(spec, kind=ImageKind.FIRMWARE)
