"""Who tells what a device is: an operator, Object 26241, the board table, or nobody."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.errors import CompileError, NoSlotMap, UnknownHardware
from compiler.targets import BoardTable, Slot, firmware_map_for, slot_for, target_for
from objects.hardware import HardwareReport, SlotReport

SLOT_1 = SlotReport(1, 0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000, 0x2000)
SLOT_2 = SlotReport(2, 0xD0000, 0x28000, 0x20010000, 0x20000, 0x20031000, 0x1000, 0x2000)
BUILT_IN_MODEL = SlotReport(0, 0x8000, 0, 0x20010000, 0x20000, 0x20032000, 0x1000, 0x2000)

M4 = HardwareReport(
    manufacturer="TinyMLaaS",
    model_number="sim-m4",
    core="cortex-m4",
    isa_features=("fpv4-sp", "dsp"),
    clock=64_000_000,
    ram_total=262144,
    ram_for_models=135168,
    flash_total=1048576,
    runtime_abi=1,
    slots=(BUILT_IN_MODEL, SLOT_1, SLOT_2),
)


def test_object_26241_tells(boards: BoardTable) -> None:
    target = target_for(M4, boards)
    assert target.name == "cortex-m4+dsp+fpv4-sp"
    assert (target.ram, target.flash, target.source) == (262144, 1048576, "26241")


def test_an_assigned_board_tells_first(boards: BoardTable) -> None:
    target = target_for(M4, boards, "rpi-pico")
    assert (target.name, target.source) == ("cortex-m0plus", "assigned rpi-pico")


def test_object_3_tells_last(boards: BoardTable) -> None:
    target = target_for(HardwareReport(model_number="iotlab-m3"), boards)
    assert (target.name, target.source) == ("cortex-m3", "board iotlab-m3")


def test_a_core_nobody_serves_is_still_a_target(boards: BoardTable) -> None:
    assert target_for(HardwareReport(model_number="esp32"), boards).core == "xtensa-lx6"
    reported = HardwareReport(core="Cortex-M85", isa_features=("mve",))
    assert target_for(reported, boards).name == "cortex-m85+mve"


def test_features_that_code_cannot_use_are_left_out(boards: BoardTable) -> None:
    report = replace(M4, isa_features=("crypto", "DSP", "dsp"))
    assert target_for(report, boards).name == "cortex-m4+dsp"


def test_an_unknown_assigned_board_is_told_with_what_is_close(boards: BoardTable) -> None:
    with pytest.raises(UnknownHardware, match=r"'nrf52480dk' is not in .* nrf52840dk"):
        target_for(M4, boards, "nrf52480dk")


def test_hardware_that_nobody_tells_names_the_values_read(boards: BoardTable) -> None:
    report = HardwareReport(manufacturer="Zephyr", model_number="OMA-LWM2M Sample Client")
    with pytest.raises(UnknownHardware) as caught:
        target_for(report, boards)
    text = str(caught.value)
    for part in ("3/0/0 'Zephyr'", "3/0/1 'OMA-LWM2M Sample Client'", "3/0/17 absent", "assign"):
        assert part in text


def test_boards_that_tie_are_named(boards: BoardTable) -> None:
    report = HardwareReport(model_number="iotlab-m3", hardware_version="firefly")
    with pytest.raises(UnknownHardware, match=r"several boards fit \(iotlab-m3, firefly\)"):
        target_for(report, boards)


@pytest.mark.parametrize(
    ("claim", "complaint"),
    [
        ({"core": ""}, "26241/0/0 is ''"),
        ({"core": "cortex m4"}, "26241/0/0 is 'cortex m4'"),
        ({"core": "m" * 500}, "names no core or feature"),
        ({"isa_features": ("dsp+evil",)}, "26241/0/1 is 'dsp+evil'"),
        ({"isa_features": ("dsp",) * 33}, "26241/0/1 has 33 instances"),
        ({"clock": 0}, "26241/0/2"),
        ({"ram_total": -1}, "26241/0/3"),
        ({"ram_total": (1 << 32) + 1}, "26241/0/3"),
        ({"ram_for_models": 262145}, "more than all RAM"),
        ({"flash_total": 1 << 40}, "26241/0/5"),
    ],
)
def test_what_no_device_can_claim_is_refused(boards: BoardTable, claim, complaint) -> None:
    with pytest.raises(UnknownHardware) as caught:
        target_for(replace(M4, **claim), boards)
    assert complaint in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_reported_slot_is_taken_as_it_is(boards: BoardTable) -> None:
    expected = Slot(0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000, 0x2000)
    assert slot_for(M4, boards, instance=1) == expected


def test_without_reported_slots_the_board_table_tells(boards: BoardTable) -> None:
    assert slot_for(replace(M4, slots=()), boards, instance=2) == boards.get("sim-m4").slots[2]


def test_an_assigned_board_tells_slots_before_the_device(boards: BoardTable) -> None:
    assert slot_for(M4, boards, "sim-m33", instance=1) == boards.get("sim-m33").slots[1]


def test_an_assigned_board_without_slots_leaves_them_to_the_device(boards: BoardTable) -> None:
    assert slot_for(M4, boards, "nrf52840dk", instance=1).load == 0xA8000


@pytest.mark.parametrize(
    ("report", "instance"),
    [
        (M4, 0),
        (M4, 3),
        (HardwareReport(model_number="iotlab-m3"), 1),
        (replace(M4, runtime_abi=2), 1),
    ],
)
def test_without_a_slot_there_is_no_slot_map(boards: BoardTable, report, instance) -> None:
    with pytest.raises(NoSlotMap):
        slot_for(report, boards, instance=instance)


@pytest.mark.parametrize(
    ("slots", "complaint"),
    [
        ((replace(SLOT_1, load=-16),), "26242/1 as reported cannot be: image"),
        ((replace(SLOT_1, load=0xA8004),), "does not start at a multiple of 16"),
        ((replace(SLOT_1, arena=0x20010008),), "arena 0x20010008"),
        ((replace(SLOT_1, size=1 << 32),), "is not inside 4 GiB"),
        ((replace(SLOT_1, arena_size=0),), "is not inside 4 GiB"),
        ((replace(SLOT_1, state_size=-1),), "state 0x20030000"),
        ((replace(SLOT_1, stack_size=-5),), "a stack of -5 B"),
        ((replace(SLOT_1, data=0x10000008),), "image as data"),
        ((replace(SLOT_1, data=0xA9000),), "overlaps image as data 0xa9000"),
        ((replace(SLOT_1, data=0x20010000),), "arena 0x20010000+0x20000 overlaps image as data"),
        ((replace(SLOT_1, data=0x10000000), replace(SLOT_2, data=0x10000000)), "as data of slot 2"),
        ((replace(SLOT_1, state=0x20010000),), "overlaps state"),
        ((SLOT_1, replace(SLOT_2, load=0xA8000)), "overlaps image of slot 2"),
        ((SLOT_1, replace(SLOT_2, state=0x20030000)), "overlaps state of slot 2"),
        ((SLOT_1, replace(SLOT_2, instance=1)), "26242/1 is reported twice"),
    ],
)
def test_slots_that_cannot_be_are_refused(boards: BoardTable, slots, complaint) -> None:
    with pytest.raises(NoSlotMap) as caught:
        slot_for(replace(M4, slots=slots), boards, instance=1)
    assert complaint in str(caught.value)


def test_the_firmware_map_comes_from_the_board_table(boards: BoardTable) -> None:
    place = firmware_map_for(M4, boards)
    assert (place.slot.load, place.slot.size) == (0x8000, 0x50000)
    assert (place.ram, place.ram_size) == (0x20000000, 0x4000)


def test_a_board_without_a_firmware_map_is_named(boards: BoardTable) -> None:
    with pytest.raises(NoSlotMap, match="'nrf52840dk'"):
        firmware_map_for(HardwareReport(model_number="nrf52840dk"), boards)
    with pytest.raises(NoSlotMap, match="absent"):
        firmware_map_for(HardwareReport(), boards)


def test_a_firmware_map_is_never_for_another_core(boards: BoardTable) -> None:
    with pytest.raises(NoSlotMap, match="is for cortex-m4, the device reports rv32imc"):
        firmware_map_for(replace(M4, core="rv32imc", isa_features=()), boards)


numbers = st.none() | st.integers(-(1 << 65), 1 << 65)
addresses = st.integers(-(1 << 33), 1 << 33)
texts = st.none() | st.text(max_size=80)
reports = st.builds(
    HardwareReport,
    manufacturer=texts,
    model_number=texts,
    core=texts | st.just("cortex-m4"),
    isa_features=st.lists(st.text(max_size=9), max_size=4).map(tuple),
    clock=numbers,
    ram_total=numbers,
    ram_for_models=numbers,
    flash_total=numbers,
    slots=st.lists(
        st.builds(SlotReport, st.integers(0, 3), *[addresses] * 7, data=st.none() | addresses),
        max_size=3,
    ).map(tuple),
)


@given(report=reports)
def test_whatever_a_device_says_ends_in_a_value_or_a_compile_error(report) -> None:
    boards = BoardTable([])
    for ask in (
        lambda: target_for(report, boards),
        lambda: slot_for(report, boards, instance=1),
        lambda: firmware_map_for(report, boards),
    ):
        try:
            ask()
        except CompileError as error:
            assert len(str(error)) < 1000  # noqa: PT017
