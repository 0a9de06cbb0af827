"""Flash and settings: what stays, what is cleared, what a power cut leaves."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_sim.board import Region
from device_sim.errors import InvalidFlashFile
from device_sim.faults import FlashFaults, PowerCut
from device_sim.flash import INFORMATION_PAGES, PAGE, Flash
from device_sim.settings import Settings

MAIN = Region(0x8000, 4 * PAGE)


def flash(file: Path | None = None, faults: FlashFaults | None = None) -> Flash:
    return Flash(MAIN, file, faults or FlashFaults())


def test_new_flash_is_erased() -> None:
    assert flash().read(MAIN) == b"\xff" * MAIN.size


@given(st.binary(min_size=1, max_size=64), st.binary(min_size=64, max_size=64))
def test_writing_only_clears_bits_until_the_page_is_erased(first: bytes, second: bytes) -> None:
    it = flash()
    it.write(0x8010, first)
    it.write(0x8010, second[: len(first)])
    expected = bytes(a & b for a, b in zip(first, second, strict=False))
    assert it.read(Region(0x8010, len(first))) == expected
    it.erase(Region(0x8000, PAGE))
    assert it.read(Region(0x8000, PAGE)) == b"\xff" * PAGE


@pytest.mark.parametrize(
    "region", [Region(0x7FFF, 2), Region(0x8000, MAIN.size + INFORMATION_PAGES * PAGE + 1)]
)
def test_there_is_nothing_outside(region: Region) -> None:
    with pytest.raises(ValueError, match="outside"):
        flash().read(region)


def test_half_a_page_cannot_be_erased() -> None:
    with pytest.raises(ValueError, match="pages"):
        flash().erase(Region(0x8000, PAGE // 2))


def test_a_file_keeps_the_content_and_untouched_flash_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "flash"
    first = flash(file)
    first.write(0x9000, b"kept")
    first.close()
    assert flash(file).read(Region(0x9000, 5)) == b"kept\xff"
    assert file.stat().st_blocks * 512 <= 2 * PAGE


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flash").write_bytes(b"something else")
    with pytest.raises(InvalidFlashFile, match="use another file"):
        flash(tmp_path / "flash")


def test_a_file_is_the_flash_of_one_device_at_a_time(tmp_path: Path) -> None:
    first = flash(tmp_path / "flash")
    with pytest.raises(InvalidFlashFile, match="another running device"):
        flash(tmp_path / "flash")
    first.close()
    flash(tmp_path / "flash").close()


def test_a_bad_cell_does_not_take_what_is_written() -> None:
    it = flash(faults=FlashFaults(bad_bytes=frozenset({0x8002})))
    it.write(0x8000, b"\x10\x10\x10\x10")
    assert it.read(Region(0x8000, 4)) == b"\x10\x10\x11\x10"


def test_settings_are_the_ones_saved_last() -> None:
    it = Settings(flash())
    assert it.load() is None
    for number in range(5):
        it.save({"number": number})
        assert it.load() == {"number": number}


@pytest.mark.parametrize("cut", range(2))
def test_a_power_cut_leaves_old_settings_or_new_ones(cut: int) -> None:
    faults = FlashFaults()
    on = flash(faults=faults)
    Settings(on).save({"number": 1})
    Settings(on).save({"number": 2})
    faults.power_cut_at = faults.operations + cut
    with pytest.raises(PowerCut):
        Settings(on).save({"number": 3})
    assert Settings(on).load() == {"number": 2}
    Settings(on).save({"number": 4})
    assert Settings(on).load() == {"number": 4}


def test_settings_that_do_not_fit_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="one page"):
        Settings(flash()).save({"text": "x" * PAGE})
