"""Places where no board is given: possible for every core, within what was asked for."""

import pytest

from compiler.errors import NoSlotMap
from compiler.targets import Target, cores, default_firmware_map, default_slot
from compiler.targets.place import faults_of, faults_of_map


@pytest.mark.parametrize("core", cores())
@pytest.mark.parametrize(("ram", "flash"), [(None, None), (20 << 10, 64 << 10), (1, 1)])
def test_a_default_place_can_be(core, ram, flash) -> None:
    assert list(faults_of(default_slot(Target(core), ram, flash))) == []
    assert list(faults_of_map(default_firmware_map(Target(core), ram, flash))) == []


def test_each_part_may_take_all_the_ram() -> None:
    slot = default_slot(Target("cortex-m4"), ram=20 << 10, flash=64 << 10)
    assert (slot.arena_size, slot.state_size, slot.stack_size) == (20480, 20480, 20480)
    assert slot.size == 65536


@pytest.mark.parametrize("size", [0, -1, 1 << 32])
def test_sizes_that_no_device_has_are_refused(size) -> None:
    with pytest.raises(NoSlotMap):
        default_slot(Target("cortex-m4"), ram=size)
    with pytest.raises(NoSlotMap):
        default_slot(Target("cortex-m4"), flash=size)
