"""What the server knows of simulated boards, and what they are: written down twice, the same."""

import pytest

from compiler.targets import FirmwareMap, Slot
from device_sim.board import boards as simulated_boards
from objects.hardware import HardwareReport

SIMULATED = simulated_boards()


@pytest.mark.parametrize("name", SIMULATED)
def test_both_tables_tell_the_same(boards, name) -> None:
    real, known = SIMULATED[name], boards.get(name)
    assert (known.core, known.features, known.clock) == (real.core, real.features, real.clock)
    assert (known.ram, known.flash) == (real.ram.size, real.flash.size)
    assert known.slots == {n: slot(place) for n, place in enumerate(real.slots, start=1)}
    assert known.firmware == FirmwareMap(
        slot(real.app), real.firmware_ram.address, real.firmware_ram.size
    )
    report = HardwareReport(manufacturer="TinyMLaaS", model_number=name)
    assert boards.matching(report) == (known,)


def slot(place) -> Slot:
    return Slot(
        load=place.load.address,
        size=place.load.size,
        arena=place.arena.address,
        arena_size=place.arena.size,
        state=place.state.address,
        state_size=place.state.size,
        stack_size=place.stack.size,
        data=place.data,
    )
