"""GCC by prefix: which one, its command, what it is known by, and what it says where it lacks."""

from dataclasses import replace
from pathlib import Path

import pytest

from compiler.backends import BACKENDS, backend_for
from compiler.backends.gcc import flags, link_argv, require_readable_constants
from compiler.backends.gcc_table import gcc_for, gccs
from compiler.backends.image import startup_files
from compiler.errors import NoBackend, NoSlotMap, ToolchainFailed
from compiler.profile import CompileProfile, Objective, choose_profile
from compiler.targets import ImageKind, Target, cores, default_slot
from compiler.toolchain import STARTUP

from .conftest import SOURCE

GCC = BACKENDS["gcc"]
M4 = Target("cortex-m4")

# What `--version` of a compiler that stands in says is its own path.
STAND_IN = """#!/bin/sh
case "$*" in
*libgcc*) echo "$0" ;;
*prog-name*) echo "$0" ;;
*) echo "stand-in {version}" ;;
esac
"""


@pytest.mark.parametrize(
    ("core", "features", "prefix", "machine"),
    [
        ("cortex-m0plus", (), "arm-none-eabi-", ("soft", "armv6s-m")),
        ("cortex-m4", ("dsp",), "arm-none-eabi-", ("soft", "armv7e-m")),
        ("cortex-m4", ("dsp", "fpv4-sp"), "arm-none-eabi-", ("hard", "armv7e-m+fp")),
        ("cortex-m7", ("dsp", "fpv5-sp"), "arm-none-eabi-", ("hard", "armv7e-m+fpv5")),
        ("cortex-m7", ("dsp", "fpv5-d16"), "arm-none-eabi-", ("hard", "armv7e-m+fp.dp")),
        ("cortex-m33", (), "arm-none-eabi-", ("soft", "armv8-m.main")),
        ("cortex-m33", ("dsp", "fpv5-sp"), "arm-none-eabi-", ("hard", "armv8-m.main+dsp+fp")),
        (
            *("cortex-m55", ("dsp", "fpv5-d16", "mve"), "arm-none-eabi-"),
            ("hard", "armv8.1-m.main+fp.dp+mve"),
        ),
        ("xtensa-lx106", (), "xtensa-lx106-elf-", None),
        ("xtensa-lx6", (), "xtensa-esp32-elf-", None),
        ("xtensa-lx7", (), "xtensa-esp32s2-elf-", None),
        ("xtensa-lx7", ("fp",), "xtensa-esp32s3-elf-", None),
    ],
)
def test_core_and_features_decide_which_gcc_and_what_it_is_told(
    core, features, prefix, machine
) -> None:
    target = Target(core, features)
    gcc = gcc_for(target)
    assert gcc.prefix == prefix
    told = gcc.machine(target)
    if machine is not None:
        convention, arch = machine
        assert told[2:] == (f"-mtune={core}", f"-mfloat-abi={convention}", f"-march={arch}")


def test_each_row_names_cores_and_features_that_are_known() -> None:
    for gcc in gccs():
        assert gcc.needs
        assert gcc.command in gcc.needs
        assert all((STARTUP / name).is_file() for name in gcc.files)
        for core, row in gcc.cores.items():
            known = cores()[core].features.keys()
            assert {*row.features, *filter(None, [row.only_with])} <= known


def test_the_command_names_everything_that_decides_the_code() -> None:
    machine = gcc_for(M4).machine(M4)
    argv = link_argv(
        "/bin/some-gcc", machine, Objective.SPEED, sources=["a.c"], folder=Path("/somewhere")
    )
    told = flags(machine, Objective.SPEED)
    assert argv[: 1 + len(told)] == ("/bin/some-gcc", *told)
    assert "-ffile-prefix-map=/somewhere=." in argv
    assert argv[-6:] == ("-T", "image.ld", "a.c", "-lgcc", "-o", "image.elf")


@pytest.mark.parametrize(
    ("objective", "flag"),
    [(Objective.FLASH, "-Os"), (Objective.RAM, "-Os"), (Objective.SPEED, "-O2")],
)
def test_an_objective_is_an_optimisation(objective, flag) -> None:
    assert flag in flags((), objective)


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(folder: Path, name: str, version: str) -> Path:
    program = folder / name
    program.write_text(STAND_IN.format(version=version))
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("served", "needs"),
    [
        (Target("xtensa-lx106"), "gcc-xtensa-lx106"),
        (Target("xtensa-lx6"), "xtensa-esp32-elf-gcc on PATH"),
        (Target("xtensa-lx7"), "xtensa-esp32s2-elf-gcc on PATH"),
        (Target("xtensa-lx7", ("fp",)), "xtensa-esp32s3-elf-gcc on PATH"),
    ],
    ids=lambda value: value.name if isinstance(value, Target) else "",
)
def test_without_the_tool_it_is_told_what_to_install(served, needs, empty_path) -> None:
    profile = choose_profile(served)[0]
    with pytest.raises(NoBackend, match=f"^no backend: .*{served.core}.*{needs}"):
        backend_for(profile)
    with pytest.raises(NoBackend, match=needs):
        GCC.identity(served, Objective.FLASH)


def test_arm_is_compiled_by_gcc_where_that_is_asked_for(empty_path) -> None:
    assert backend_for(choose_profile(M4)[0]) is BACKENDS["native"]
    asked = choose_profile(M4, backend="gcc")[0]
    with pytest.raises(NoBackend, match="gcc-arm-none-eabi"):
        backend_for(asked)
    put(empty_path, "arm-none-eabi-gcc", "1")
    assert backend_for(asked) is GCC


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        (CompileProfile(Target("rv32imc"), "gcc"), "'gcc' does not compile for core 'rv32imc'"),
        (CompileProfile(Target("xtensa-lx6"), "native"), "'native' does not compile for core"),
        (CompileProfile(Target("pdp11"), "gcc"), "'pdp11'"),
        (CompileProfile(M4, "tcc"), "no backend is named 'tcc', only native, gcc"),
    ],
)
def test_what_an_engine_does_not_serve_is_told(profile, why) -> None:
    with pytest.raises(NoBackend, match=why):
        backend_for(profile)


def test_another_compiler_is_another_identity(empty_path) -> None:
    program = put(empty_path, "arm-none-eabi-gcc", "12.2.1")
    assert GCC.version(M4) == "stand-in 12.2.1"
    one = GCC.identity(M4, Objective.FLASH)
    assert GCC.identity(M4, Objective.FLASH) == one
    assert GCC.identity(M4, Objective.SPEED) != one
    program.unlink()
    put(empty_path, "arm-none-eabi-gcc", "13.1.0")
    assert GCC.version(M4) == "stand-in 13.1.0"
    assert GCC.identity(M4, Objective.FLASH) != one


def test_a_compiler_that_says_nothing_is_refused(empty_path) -> None:
    program = put(empty_path, "arm-none-eabi-gcc", "")
    program.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(ToolchainFailed, match="says nothing"):
        GCC.version(M4)


def test_constants_are_never_linked_where_bytes_cannot_be_read() -> None:
    """ESP32 Technical Reference Manual, 1.3.1: the instruction bus reads aligned words."""
    core, slot = cores()["xtensa-lx6"], default_slot(Target("xtensa-lx6"))
    irom = replace(slot, load=0x400D_0000)
    with pytest.raises(NoSlotMap, match="must be told"):
        require_readable_constants(core, irom)
    with pytest.raises(NoSlotMap, match="whole words only"):
        require_readable_constants(core, replace(irom, data=0x4001_0000))
    require_readable_constants(core, replace(irom, data=0x3F40_0000))
    require_readable_constants(core, slot)
    require_readable_constants(cores()["xtensa-lx106"], irom)


def test_what_no_start_up_code_is_here_for_is_sent_as_a_module() -> None:
    with pytest.raises(NoBackend, match=r"'xtensa-lx6'.*send it a module"):
        startup_files(cores()["xtensa-lx6"])


@pytest.mark.interop
@pytest.mark.parametrize("backend", ["gcc"])
@pytest.mark.parametrize("kind", list(ImageKind))
def test_equal_jobs_give_equal_bytes_wherever_they_run(backend, link, tmp_path, kind) -> None:
    target = Target("cortex-m4", ("dsp", "fpv4-sp"))
    for objective in Objective:
        one = link(target, kind, workdir=tmp_path / "here", objective=objective)
        two = link(target, kind, workdir=tmp_path / "somewhere" / "else", objective=objective)
        assert one.elf == two.elf
        assert str(tmp_path).encode() not in one.elf


EMPTY = """\
int tml_init(void *state);
int tml_run(void *arena, void *state);
int tml_init(void *state) { (void)state; return 0; }
int tml_run(void *arena, void *state) { (void)arena; (void)state; return 0; }
"""


@pytest.mark.interop
@pytest.mark.parametrize("backend", ["gcc"])
@pytest.mark.parametrize("source", [EMPTY, SOURCE], ids=["nothing called", "runtime called"])
def test_an_xtensa_module_begins_with_its_table_and_has_only_what_is_called(
    backend, link, source
) -> None:
    """GNU ld 2.40 fell over the first of these where it was let relax."""
    linked = link(Target("xtensa-lx106"), ImageKind.MODULE, source)
    assert linked.binary[:4] == b"TMLM"
    names = {symbol.name for symbol in linked.symbols}
    assert {"tml_table", "tml_init", "tml_run"} <= names
    assert ("memset" in names, "__addsf3" in names) == (source is SOURCE,) * 2
    assert "memcmp" not in names
