"""The board table: complete, extensible, and clear about what is wrong with a row."""

from itertools import pairwise
from pathlib import Path

import pytest

from compiler.errors import InvalidBoard
from compiler.targets import BoardTable
from compiler.targets.core import cores
from compiler.targets.place import faults_between, faults_of, faults_of_map
from objects.hardware import HardwareReport

U_TOE = [
    *("stm32f746g-disco", "iotlab-m3", "samr21-xpro", "samr30-xpro", "samr34-xpro"),
    *("arduino-zero", "firefly", "b-l072z-lrwan1", "b-l475e-iot01a", "nrf52dk", "nrf52840dk"),
    *("nucleo-wl55jc", "microbit", "openmote-b", "dwm1001", "hifive1b", "rpi-pico"),
    "esp32-wroom-32",
]
ESPRESSIF = ["esp32-wroom-32", "esp32-s2", "esp32-s3", "esp32-c3", "esp32-c6"]
SIMULATED = ["sim-m0plus", "sim-m3", "sim-m4", "sim-m7", "sim-m33", "sim-c3", "sim-tiny"]

ROW = """
[shed]
core = "cortex-m4"
features = ["fpv4-sp", "dsp"]
ram = "64K"
flash = 0x80000
match = [{ manufacturer = "Ours", model = "shed-*" }]
[shed.slots.1]
load = 0x10000
size = 0x8000
arena = 0x20001000
arena_size = "16K"
state = 0x20008000
state_size = 0
stack_size = "1K"
"""
PLACE = ROW.split("[shed.slots.1]")[1]


def table(tmp_path: Path, text: str, name: str = "own.toml") -> BoardTable:
    (tmp_path / name).write_text(text, "utf-8")
    return BoardTable.load(tmp_path)


def test_the_known_boards_are_there(boards: BoardTable) -> None:
    assert {*U_TOE, *ESPRESSIF, *SIMULATED} <= {board.name for board in boards}


def test_every_board_has_a_known_core_memory_and_possible_places(boards: BoardTable) -> None:
    for board in boards:
        assert board.core in cores()
        assert board.clock
        assert board.ram
        assert board.flash
        assert [f for slot in board.slots.values() for f in faults_of(slot)] == []
        assert list(faults_between(board.slots)) == []
        assert board.firmware is None or list(faults_of_map(board.firmware)) == []


def test_no_two_boards_go_by_one_name(boards: BoardTable) -> None:
    names = [name for board in boards for name in (board.name, *board.names)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", SIMULATED)
def test_a_simulated_board_keeps_its_places_apart_and_in_its_memory(boards, name) -> None:
    board = boards.get(name)
    assert set(board.slots) == {1, 2}
    flash = sorted((s.load, s.size) for s in (*board.slots.values(), board.firmware.slot))
    for (load, size), (after, _) in pairwise(flash):
        assert load + size <= after
    end = board.firmware.ram + board.ram
    for slot in (*board.slots.values(), board.firmware.slot):
        assert board.firmware.ram + board.firmware.ram_size <= slot.arena
        assert slot.state + slot.state_size <= end


def test_an_operator_adds_a_board(tmp_path: Path) -> None:
    board = table(tmp_path, ROW).get("shed")
    assert board is not None
    assert (board.ram, board.flash, board.features) == (65536, 0x80000, ("dsp", "fpv4-sp"))
    assert board.slots[1].arena_size == 16384
    assert board.origin == "own.toml"


def test_an_operators_row_replaces_ours_and_a_later_file_an_earlier_one(tmp_path: Path) -> None:
    table(tmp_path, '[rpi-pico]\ncore = "cortex-m3"\n', "a.toml")
    boards = table(tmp_path, '[rpi-pico]\ncore = "cortex-m7"\n', "b.toml")
    assert boards.get("rpi-pico").core == "cortex-m7"
    assert len(boards) == len(BoardTable.load())


def test_one_file_can_be_added(tmp_path: Path) -> None:
    table(tmp_path, ROW)
    assert BoardTable.load(tmp_path / "own.toml").get("shed") is not None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidBoard, match=r"none\.toml: cannot be read"):
        BoardTable.load(tmp_path / "none.toml")


def test_a_missing_folder_adds_nothing(tmp_path: Path) -> None:
    assert len(BoardTable.load(tmp_path / "none")) == len(BoardTable.load())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[shed", "own.toml: cannot be read as TOML"),
        ("shed = 1", "own.toml: board 'shed' must be a table of keys, not 1"),
        ("[shed]", "own.toml: board 'shed': core must be text"),
        ('[shed]\ncore = "z80"', "core 'z80' is none of cortex-m0"),
        ('[shed]\ncore = "cortex-m3"\nfeatures = ["mve"]', "cortex-m3 has no feature 'mve'"),
        ('[shed]\ncore = "cortex-m3"\nrma = 1', "key 'rma' is none of"),
        ('[shed]\ncore = "cortex-m3"\nram = -1', 'ram must be a number or text as "64K", not -1'),
        ('[shed]\ncore = "cortex-m3"\nram = "64 kB"', "not '64 kB'"),
        ('[shed]\ncore = "cortex-m3"\nram = true', "not True"),
        ('[shed]\ncore = "cortex-m3"\nnames = "x"', "names must be a list of texts, not 'x'"),
        ('[shed]\ncore = "cortex-m3"\nmatch = [{}]', "match 0 must name at least one of"),
        ('[shed]\ncore = "cortex-m3"\nmatch = [{ maker = "x" }]', "key 'maker' is none of"),
        ('[shed]\ncore = "cortex-m3"\n[shed.slots.one]', "slots.one must be an instance's number"),
        ('[shed]\ncore = "cortex-m3"\n[shed.slots.1]\nload = 0', "slots.1: size is missing"),
        (ROW.replace("0x10000", "0x10001"), "does not start at a multiple of 16"),
        (ROW.replace("0x20008000", "0x20001000").replace("state_size = 0", "state_size = 16"),
         "arena 0x20001000+0x4000 overlaps state 0x20001000+0x10"),
        (ROW.replace('"16K"', '"4096M"'), "is not inside 4 GiB of memory"),
        (ROW.replace('stack_size = "1K"', "stack_size = 0"), "a stack of 0 B cannot be"),
        (ROW + "[shed.slots.2]" + PLACE,
         "image of slot 1 0x10000+0x8000 overlaps image of slot 2"),
        (ROW + "[shed.firmware]" + PLACE + "ram = 0x20001000\nram_size = 16",
         "RAM 0x20001000+0x10 overlaps arena"),
        (ROW + "[shed.firmware]" + PLACE + "ram = 0x20010000\nram_size = 16\ndata = 0x40000000",
         "a device program is read as data where it runs"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_with_its_fault(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidBoard) as caught:
        table(tmp_path, text)
    assert complaint in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidBoard, match=r"own\.toml"):
        BoardTable.load(tmp_path)


@pytest.mark.parametrize(
    ("report", "name"),
    [
        (HardwareReport(model_number="nrf52840dk/nrf52840"), "nrf52840dk"),
        (HardwareReport(hardware_version="iotlab-m3"), "iotlab-m3"),
        (HardwareReport(device_type="esp32c6_devkitc"), "esp32-c6"),
        (HardwareReport(manufacturer="TinyMLaaS", model_number="sim-c3"), "sim-c3"),
    ],
)
def test_object_3_names_a_board(boards: BoardTable, report: HardwareReport, name: str) -> None:
    assert [board.name for board in boards.matching(report)] == [name]


def test_a_pattern_needs_all_of_its_resources(tmp_path: Path) -> None:
    boards = table(tmp_path, ROW)
    ours = HardwareReport(manufacturer="Ours", model_number="shed-3")
    assert [board.name for board in boards.matching(ours)] == ["shed"]
    assert boards.matching(HardwareReport(model_number="shed-3")) == ()
    assert boards.matching(HardwareReport(manufacturer="Theirs", model_number="shed-3")) == ()


def test_what_agrees_in_more_resources_fits_better(tmp_path: Path) -> None:
    boards = table(tmp_path, ROW + '[hut]\ncore = "cortex-m3"\nnames = ["shed-3"]\n')
    ours = HardwareReport(manufacturer="Ours", model_number="shed-3")
    assert [board.name for board in boards.matching(ours)] == ["shed"]
    anyones = HardwareReport(model_number="shed-3")
    assert [board.name for board in boards.matching(anyones)] == ["hut"]


def test_boards_that_fit_equally_well_are_all_returned(tmp_path: Path) -> None:
    twins = '[a]\ncore = "cortex-m3"\nnames = ["x"]\n[b]\ncore = "cortex-m4"\nnames = ["x"]\n'
    found = table(tmp_path, twins).matching(HardwareReport(model_number="x"))
    assert [board.name for board in found] == ["a", "b"]
