"""Fixtures of the compiler's tests: one library of all kernels, and a spec to build from."""

from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from compiler.build import BuildSpec
from compiler.profile import CompileProfile, Limits, Objective
from compiler.targets import FirmwareMap, ImageKind, Slot, Target

from .emulated_kernels import emulated_kernels
from .host_code import build_c, load_c
from .kernel_call import HostCore, Kernels
from .made_once import made_once

__all__ = ["emulated_kernels"]

SLOT = Slot(0xA8000, 0x28000, 0x20010000, 0x20000, 0x20030000, 0x1000, 0x2000)
SPEC = BuildSpec(
    model=b"model",
    profile=CompileProfile(
        Target(
            "cortex-m4",
            ("dsp", "fpv4-sp"),
            ram=262144,
            flash=None,
            clock=64_000_000,
            accelerators=("ethos-u55-128",),
            source="26241",
        ),
        "native",
        Objective.RAM,
        Limits(flash=65536),
    ),
    place=SLOT,
    kind=ImageKind.MODULE,
    image_overhead=300,
    vectors=5,
)


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Kernels:
    """Return all kernels, compiled once for all processes."""
    folder = Path(str(files("compiler"))) / "kernels"
    # What needs intrinsics of a core is tried on that core.
    portable = (folder, folder / "narrow", folder / "proven", folder / "scalar")
    texts = {p.name: p.read_text("utf-8") for place in portable for p in place.glob("*.[ch]")}
    built = made_once(tmp_path_factory, "kernels", partial(build_c, texts))
    return Kernels(HostCore(load_c(built)))


@pytest.fixture
def spec() -> BuildSpec:
    return SPEC


@pytest.fixture
def firmware_place() -> FirmwareMap:
    return FirmwareMap(SLOT, 0x20000000, 0x4000)
