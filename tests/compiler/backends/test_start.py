"""A firmware image starts on its core: memory prepared, model initialised, asleep, then called."""

import struct

import pytest

from compiler.abi import FIRMWARE_TABLE_OFFSET
from compiler.link import payload_address
from compiler.targets import ImageKind, cores, default_firmware_map, emulated_as
from device_sim.mcu import Mcu, McuTimeout, Region

LIMIT = 100_000

# Counts its runs in .data and .bss; says in its state that it was initialised.
SOURCE = """
#include <stdint.h>
int tml_init(void *state);
int tml_run(void *arena, void *state);

static int runs = 40;
static int zeroed[8];
extern const int answer;
const int answer = @ANSWER@;

int tml_init(void *state)
{
    int32_t *kept = state;
    kept[0] = runs;
    kept[1] = zeroed[7];
    return answer;
}

int tml_run(void *arena, void *state)
{
    volatile float *values = arena;
    int32_t *kept = state;
    values[0] = values[1] * values[2];
    runs++;
    zeroed[7]++;
    kept[1] = zeroed[7];
    return runs;
}
"""


@pytest.fixture
def start(link, target):
    """Return a function that links a firmware and gives its core, dirty memory included."""
    if cores()[target.core].emulator != "unicorn":
        pytest.skip("started by tests/compiler/qemu")
    place = default_firmware_map(target)
    slot = place.slot
    regions = [
        Region.code("code", slot.load, 0x10000),
        Region.ram("arena", slot.arena, 0x1000),
        Region.ram("state", slot.state, 0x1000),
        Region.ram("stack", slot.state + slot.state_size, 0x1000),
        Region.ram("ram", place.ram, place.ram_size),
    ]

    def run(answer: int) -> Mcu:
        linked = link(target, ImageKind.FIRMWARE, SOURCE.replace("@ANSWER@", str(answer)))
        mcu = Mcu(emulated_as(target).core, target.features, regions)
        mcu.fill("ram", 0xA5)
        mcu.write(payload_address(place), linked.binary)
        return mcu

    return run


def test_a_firmware_starts_and_is_called_through_its_table(start, target) -> None:
    mcu = start(0)
    place = default_firmware_map(target)
    slot = place.slot
    mcu.boot(payload_address(place), LIMIT, within=("code", "ram", "state"))
    # .data has its initial value and .bss is zero, though the RAM was neither.
    assert struct.unpack("<ii", mcu.read(slot.state, 8)) == (40, 0)

    run_field = payload_address(place) + FIRMWARE_TABLE_OFFSET + 28
    (run,) = struct.unpack("<I", mcu.read(run_field, 4))
    mcu.write(slot.arena, struct.pack("<3f", 0, 1.5, 4))
    top = slot.state + slot.state_size + 0x1000
    results = [mcu.call(run, (slot.arena, slot.state), top, LIMIT).value for _ in range(2)]
    assert results == [41, 42]
    assert struct.unpack("<f", mcu.read(slot.arena, 4)) == (6.0,)
    assert struct.unpack("<i", mcu.read(slot.state + 4, 4)) == (2,)


def test_a_model_that_cannot_be_initialised_never_sleeps(start, target) -> None:
    mcu = start(1)
    with pytest.raises(McuTimeout):
        mcu.boot(payload_address(default_firmware_map(target)), LIMIT)
