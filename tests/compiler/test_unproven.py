"""A core that nothing emulates: no build, unless whoever asks takes one without proof."""

from dataclasses import replace
from pathlib import Path

import pytest

from compiler.build import BuildSpec, build, build_key
from compiler.errors import NoEmulator
from compiler.link import linker_script
from compiler.profile import choose_profile
from compiler.report_text import report_text
from compiler.targets import ImageKind, Slot, Target, default_slot
from compiler.toolchain import STARTUP
from tests.peers import installed

DIGITS = Path(__file__).parents[2] / "firmware_store" / "starter" / "digits" / "model.tflite"
ESP32 = Target("xtensa-lx6")
# Flash as instructions and as data (ESP32 Technical Reference Manual, table 1-3).
SLOT = Slot(
    load=0x400D_0000,
    data=0x3F40_0000,
    size=0x2_0000,
    arena=0x3FFB_0000,
    arena_size=0x1_0000,
    state=0x3FFC_0000,
    state_size=0x100,
    stack_size=0x800,
)
# Another compiler under the name of Espressif's, with what its libgcc lacks.
STAND_IN = f"""#!/bin/sh
case "$*" in
*-lgcc*) exec xtensa-lx106-elf-gcc "$@" {STARTUP / "lx106_rom.c"} ;;
*) exec xtensa-lx106-elf-gcc "$@" ;;
esac
"""
TELLS_ITS_VERSION = """#!/bin/sh
echo "$0"
"""


def espressifs(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    program = folder / "xtensa-esp32-elf-gcc"
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{path}")


def spec(**changes: object) -> BuildSpec:
    (profile, *_) = choose_profile(ESP32)
    made = BuildSpec(DIGITS.read_bytes(), profile, SLOT, ImageKind.MODULE, 300, vectors=3)
    return replace(made, **changes)


def test_without_an_emulator_there_is_no_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    espressifs(tmp_path, TELLS_ITS_VERSION, monkeypatch, "")
    with pytest.raises(NoEmulator, match=r"^no emulator .*'xtensa-lx6'.*--unproven"):
        build(spec(), tmp_path / "work", [].append)


def test_proven_and_unproven_builds_are_not_the_same_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    espressifs(tmp_path, TELLS_ITS_VERSION, monkeypatch, "")
    assert build_key(spec()) != build_key(spec(unproven=True))


def test_a_core_that_is_emulated_is_proven_all_the_same() -> None:
    m4 = choose_profile(Target("cortex-m4"))[0]
    assert spec(unproven=True).on_host
    assert not spec(unproven=True, profile=m4, place=default_slot(m4.target)).on_host
    assert not spec().on_host


@pytest.mark.interop
def test_an_unproven_build_says_so_and_its_c_is_proven_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("xtensa-lx106-elf-gcc", "gcc-xtensa-lx106")
    espressifs(tmp_path, STAND_IN, monkeypatch, ":/usr/bin:/bin")
    made = build(spec(unproven=True), tmp_path / "work", [].append)
    shown = made.report["verification"]
    assert (shown["ran"], shown["mismatches"]) == ("its C on the host", 0)
    assert shown["instructions"] is None
    assert made.report["ram"]["stack_bound"] > 0
    assert len(made.vectors) == 3
    assert "NOT PROVEN" in report_text(made.report)


def test_constants_lie_where_data_is_read_and_literals_where_code_is() -> None:
    script = linker_script(SLOT)
    assert "code (rx) : ORIGIN = 0x400d0020" in script
    assert "view (r) : ORIGIN = 0x3f400020" in script
    assert script.index("*(.literal .literal.*)") < script.index("*(.text .text.*)")
    text, rodata = script.index(".text ORIGIN(code)"), script.index(".rodata ORIGIN(view)")
    assert text < script.index(".literal") < rodata
