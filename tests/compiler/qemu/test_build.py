"""Builds for Cortex-M55 are proven in QEMU by the law of all builds, or not made at all."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.build import BuildSpec, Built, build
from compiler.errors import ToolchainFailed, VerificationFailed
from compiler.profile import CompileProfile, Objective
from compiler.targets import ImageKind, Slot, Target, default_firmware_map, default_slot

from ...peers import installed
from .machine import FEATURES

STARTER = Path(__file__).parents[3] / "firmware_store" / "starter"
DIGITS = STARTER / "digits" / "model.tflite"
M55 = Target("cortex-m55", FEATURES)
# On the machine's tightly coupled memories, arena and state side by side.
TIGHT = Slot(0x8000, 0x8000, 0x2000_0000, 0x1000, 0x2000_1000, 0x100, 0x400)


def made(folder: Path, **changes: object) -> Built:
    spec = BuildSpec(
        model=DIGITS.read_bytes(),
        profile=CompileProfile(M55, "native", Objective.FLASH),
        place=default_slot(M55),
        kind=ImageKind.MODULE,
        image_overhead=0,
        vectors=6,
    )
    return build(replace(spec, **changes), folder, lambda text: None)


@pytest.mark.interop
@pytest.mark.parametrize("objective", [Objective.FLASH, Objective.SPEED])
def test_the_starter_model_is_bit_exact(objective: Objective, tmp_path: Path) -> None:
    installed("qemu-system-arm", "qemu-system-arm")
    report = made(tmp_path, profile=CompileProfile(M55, "native", objective)).report
    shown = report["verification"]
    assert (shown["mismatches"], shown["vectors"]) == (0, 6)
    assert 0 < shown["stack_peak"] <= report["ram"]["stack_bound"]
    assert 10_000 < shown["instructions"] < 2_000_000
    assert shown["boot_instructions"] is None


@pytest.mark.interop
def test_a_firmware_boots(tmp_path: Path) -> None:
    installed("qemu-system-arm", "qemu-system-arm")
    built = made(tmp_path, kind=ImageKind.FIRMWARE, place=default_firmware_map(M55))
    assert built.report["verification"]["mismatches"] == 0
    assert 10 < built.report["verification"]["boot_instructions"] < 1000


@pytest.mark.interop
def test_the_place_may_be_any_of_the_machines_memories(tmp_path: Path) -> None:
    installed("qemu-system-arm", "qemu-system-arm")
    assert made(tmp_path, place=TIGHT).report["verification"]["mismatches"] == 0


@pytest.mark.interop
@pytest.mark.parametrize("changed", [{"load": 0x1008_0000}, {"arena": 0x2008_0000}])
def test_a_place_that_the_machine_lacks_cannot_be_proven(changed, tmp_path: Path) -> None:
    installed("qemu-system-arm", "qemu-system-arm")
    with pytest.raises(VerificationFailed, match="no build for this place can be proven"):
        made(tmp_path, place=replace(TIGHT, **changed))


def test_without_the_emulator_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainFailed, match="apt-get install qemu-system-arm"):
        made(tmp_path)


OWNER = """
import os
import sys
from pathlib import Path

import compiler.targets
from compiler.qemu.machine import MACHINES
from compiler.qemu.process import start
class Owner: pass
owner = Owner()
start(MACHINES["cortex-m55"], owner)
print(*Path("/proc/self/task", str(os.getpid()), "children").read_text().split(), flush=True)
sys.stdin.read()
"""


@pytest.mark.interop
def test_the_emulator_does_not_outlive_its_owner() -> None:
    installed("qemu-system-arm", "qemu-system-arm")
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    with owner.stdin, owner.stdout:
        pid = int(owner.stdout.readline())
        assert "qemu" in Path(f"/proc/{pid}/comm").read_text()
        owner.kill()
        owner.wait()
    assert _ends(pid)


def _ends(pid: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
