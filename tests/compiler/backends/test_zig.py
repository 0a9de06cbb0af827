"""The compiler's command: what is on it, what it runs in, and how it fails."""

import sys
from pathlib import Path

import pytest

from compiler import toolchain
from compiler.backends import zig
from compiler.errors import NoBackend, ToolchainFailed
from compiler.profile import Objective
from compiler.targets import Target, cores

KERNELS = Path(toolchain.__file__).with_name("kernels")
M4 = Target("cortex-m4")


def test_the_command_names_everything_that_decides_the_code() -> None:
    argv = zig.link_argv(
        M4,
        Objective.SPEED,
        sources=["a.c"],
        output="a.elf",
        script="a.ld",
        folder=Path("/somewhere"),
    )
    assert argv[:4] == (sys.executable, "-m", "ziglang", "cc")
    assert argv[4 : 4 + len(zig.flags(M4, Objective.SPEED))] == zig.flags(M4, Objective.SPEED)
    assert "-ffile-prefix-map=/somewhere=." in argv
    assert argv[-5:] == ("-T", "a.ld", "a.c", "-o", "a.elf")


@pytest.mark.parametrize(
    ("objective", "flag"),
    [(Objective.FLASH, "-Os"), (Objective.RAM, "-Os"), (Objective.SPEED, "-O2")],
)
def test_an_objective_is_an_optimisation(objective, flag) -> None:
    assert flag in zig.flags(M4, objective)


def test_a_core_of_another_backend_is_refused() -> None:
    for core in ("xtensa-lx6", "unheard-of"):
        with pytest.raises(NoBackend, match=core):
            zig.flags(Target(core), Objective.FLASH)


def test_the_environment_is_ours_alone(monkeypatch) -> None:
    monkeypatch.setenv("CPATH", "/evil")
    monkeypatch.setenv("ZIG_LIB_DIR", "/evil")
    found = toolchain.environment(zig.environment(Path("/cache"), Path("/build")))
    assert found["ZIG_GLOBAL_CACHE_DIR"] == "/cache"
    assert found["ZIG_LOCAL_CACHE_DIR"] == "/build/.zig-cache"
    assert set(found) <= {
        *("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LC_ALL"),
        *("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"),
    }


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("TINYMLAAS_CACHE", raising=False)
    assert toolchain.cache_folder() == tmp_path / "xdg" / "tinymlaas" / "zig"
    monkeypatch.setenv("TINYMLAAS_CACHE", str(tmp_path / "own"))
    assert toolchain.cache_folder() == tmp_path / "own" / "zig"


def compile_c(tmp_path: Path, text: str) -> None:
    toolchain.write_sources({"model.c": text}, tmp_path)
    argv = zig.link_argv(
        M4, Objective.FLASH, sources=["model.c"], output="a.elf", script=None, folder=tmp_path
    )
    zig.run((*argv, "-Wl,-e,f"), tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("int f(void) { return x; }", "undeclared identifier 'x'"),
        ("int f(int a);\nint f(int a) { char b = a; return b; }", "-Wimplicit-int-conversion"),
        ("int f(int a);\nint f(int a) { return 0; }", "unused parameter 'a'"),
        ("int g(void);\nint f(void);\nint f(void) { return g(); }", "undefined symbol: g"),
        ("#include <stdlib.h>\n", "'stdlib.h' file not found"),
    ],
)
def test_a_refusal_tells_its_first_errors(tmp_path, text, complaint) -> None:
    with pytest.raises(ToolchainFailed) as caught:
        compile_c(tmp_path, text)
    assert complaint in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_refusal_stays_short(tmp_path) -> None:
    with pytest.raises(ToolchainFailed) as caught:
        compile_c(tmp_path, "\n".join(f"int v{n} = x{n};" for n in range(500)))
    assert len(str(caught.value).splitlines()) <= 14


HANGING = "import threading; threading.Event().wait()"


def test_a_compiler_that_hangs_is_ended(tmp_path) -> None:
    with pytest.raises(ToolchainFailed, match="did not end within"):
        toolchain.run((sys.executable, "-c", HANGING), tmp_path, {}, timeout=0.2)


def test_a_compiler_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(ToolchainFailed, match="could not be started"):
        toolchain.run((str(tmp_path / "none"),), tmp_path, {})


@pytest.mark.parametrize("name", ["../a.c", "/tmp/a.c", "b/a.c", "..", ""])
def test_sources_stay_in_their_folder(tmp_path, name) -> None:
    with pytest.raises(ToolchainFailed, match="own folder"):
        toolchain.write_sources({name: ""}, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source", sorted((KERNELS / "mve").glob("*.c")), ids=lambda path: path.name
)
def test_vectors_need_no_floating_point(tmp_path, source) -> None:
    """A Cortex-M55 may have integer vectors and no FPU; clang then has fewer moves of lanes."""
    headers = {path.name: path.read_text("utf-8") for path in KERNELS.glob("**/*.h")}
    toolchain.write_sources({source.name: source.read_text("utf-8"), **headers}, tmp_path)
    target = Target("cortex-m55", ("dsp", "mve"))
    for objective in (Objective.FLASH, Objective.SPEED):
        argv = zig.compile_argv(
            target, objective, sources=[source.name], output="a.o", folder=tmp_path
        )
        zig.run(argv, tmp_path)


def test_warming_covers_every_core_for_the_one_runtime_of_all_objectives() -> None:
    todo = list(zig.warmed())
    assert len(todo) == len(set(todo))
    assert {target.core for target, _ in todo} == {
        core.name for core in cores().values() if core.backend == "native"
    }
    assert (Target("cortex-m4", ("dsp", "fpv4-sp")), zig.RUNTIME) in todo
    assert {objective for _, objective in todo} == {zig.RUNTIME}
