from itertools import combinations

import pytest

from device_sim.board import Board, board, boards
from device_sim.errors import UnknownBoard


@pytest.mark.parametrize("a_board", boards().values(), ids=lambda b: b.name)
def test_a_board_keeps_its_images_apart_and_inside_its_memory(a_board: Board) -> None:
    flash = [a_board.app.load, a_board.staging, *(slot.load for slot in a_board.slots)]
    ram = [
        a_board.firmware_ram,
        a_board.app.arena,
        a_board.app.state,
        a_board.app.stack,
        *(slot.state for slot in a_board.slots),
    ]
    for whole, parts in ((a_board.flash, flash), (a_board.ram, ram)):
        assert all(whole.contains(part) for part in parts)
        assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


def test_an_arena_is_aligned_as_the_runtime_abi_asks() -> None:
    places = [place for b in boards().values() for place in (b.app, *b.slots)]
    assert all(place.arena.address % 16 == 0 for place in places)


def test_what_an_image_must_say_is_the_place_it_is_for() -> None:
    first, second = board("sim-m4").slots
    assert first.identity == (0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000, 0xA8000)
    assert second.identity[0] == 0xD0000


def test_an_unknown_board_names_those_there_are() -> None:
    with pytest.raises(UnknownBoard, match="sim-m4"):
        board("sim-m5")
