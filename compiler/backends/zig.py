"""The `ziglang` wheel as a C compiler: argument vectors (pure), running and warming it."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import toolchain
from ..errors import NoBackend, ToolchainFailed
from ..profile import Objective
from ..targets.core import Core, cores
from ..targets.target import Target
from ..toolchain import CODE, INCLUDE, OPTIMISATION

RUNTIME = Objective.FLASH
"""What the compiler's own runtime is made for, whatever a model is: one is enough to keep."""

_CC = (sys.executable, "-m", "ziglang", "cc")
_LANGUAGE = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ferror-limit=20")
# The driver would have sanitizers on where optimisation is low.
_CODE = (*CODE, "-fno-sanitize=all")
# -nostdlib leaves the runtime's helpers out, -rtlib brings them back and nothing else.
_LINK = (
    "-nostdlib",
    "-rtlib=compiler-rt",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=4",
)
_HOST_LINK = ("-shared", "-fPIC", "-nostdlib", "-rtlib=compiler-rt", "-Wl,--gc-sections", "-Wl,-s")


def version() -> str:
    """Return name and version of the compiler, `ziglang 0.17.0`."""
    try:
        return f"ziglang {installed_version('ziglang')}"
    except PackageNotFoundError as fault:
        raise ToolchainFailed(
            "the Python package ziglang, which brings the C compiler, is not installed"
        ) from fault


def served_core(target: Target) -> Core:
    """Return the row of a target's core. Raises `NoBackend` where this compiler has none."""
    core = cores().get(target.core)
    if core is None or not core.triple:
        raise NoBackend(f"no backend: the embedded compiler does not serve core {target.core!r}")
    return core


def flags(target: Target, objective: Objective) -> tuple[str, ...]:
    """Return all arguments that decide what machine code comes out."""
    host = served_core(target).family == "host"
    return (*code_flags(target, objective), *(_HOST_LINK if host else _LINK))


def code_flags(target: Target, objective: Objective) -> tuple[str, ...]:
    """Return the arguments of `flags` that compiling takes; linking takes the others too."""
    core = served_core(target)
    if core.family == "host":
        return (f"-mcpu={core.cpu}", OPTIMISATION[objective], *_LANGUAGE, *_CODE)
    return (
        "-target",
        core.target_triple(target.features),
        f"-mcpu={core.cpu_with(target.features)}",
        OPTIMISATION[objective],
        *_LANGUAGE,
        *_CODE,
        # Without debugging the linker drops symbols too, and reports need their sizes.
        "-g1",
    )


def compile_argv(
    target: Target, objective: Objective, *, sources: Sequence[str], output: str, folder: Path
) -> tuple[str, ...]:
    """Return the command that compiles `sources` to one object, names relative to `folder`."""
    code = code_flags(target, objective)
    return (*_CC, *code, *_places(folder), "-c", *sources, "-o", output)


def link_argv(
    target: Target,
    objective: Objective,
    *,
    sources: Sequence[str],
    output: str,
    script: str | None,
    folder: Path,
) -> tuple[str, ...]:
    """Return the command that links `sources`, C files or objects, names relative to `folder`.

    `objective` is that of the C files and of the compiler's own runtime.
    """
    return (
        *_CC,
        *flags(target, objective),
        *_places(folder),
        *(() if script is None else ("-T", script)),
        *sources,
        "-o",
        output,
    )


def _places(folder: Path) -> tuple[str, ...]:
    return (f"-ffile-prefix-map={folder}=.", "-isystem", str(INCLUDE))


def environment(cache: Path, folder: Path) -> dict[str, str]:
    """Return what zig is told by its environment for a run in `folder`.

    The compiler's runtime, the same for all builds, is kept in `cache`, which any
    number of runs may share; what belongs to this build goes with `folder`.
    """
    return {
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(folder / ".zig-cache"),
    }


def run(argv: Sequence[str], folder: Path) -> None:
    """Run the compiler in `folder`. Raises `ToolchainFailed` with the first of its errors."""
    cache = toolchain.cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    toolchain.run(argv, folder, environment(cache, folder))


# Makes the compiler's runtime be built, whatever the core.
_WARMING = {
    "warm.c": "long long tml_run(long long a, long long b);\n"
    "long long tml_run(long long a, long long b) { return b == 0 ? 0 : a / b; }\n"
}


def warm(progress: Callable[[str], None]) -> None:
    """Compile the compiler's runtime for all that `warmed` names.

    `progress` is called with a few words after each, from this thread. What is
    warm already takes no time. An interrupt ends it after the runs under way.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        runs = {pool.submit(_warm, *todo): todo for todo in warmed()}
        try:
            for done in as_completed(runs):
                done.result()
                target, objective = runs[done]
                progress(f"{target.name} {OPTIMISATION[objective]}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def warmed() -> Iterator[tuple[Target, Objective]]:
    """Yield what `warm` prepares: each core without features and with its usual ones.

    One objective is enough: all builds link the same runtime.
    """
    for core in cores().values():
        if core.backend == "native":
            yield Target(core.name), RUNTIME
            if core.usual:
                yield Target(core.name, core.usual), RUNTIME


def _warm(target: Target, objective: Objective) -> None:
    with TemporaryDirectory(prefix="tinymlaas-warm-") as name:
        folder = Path(name)
        toolchain.write_sources(_WARMING, folder)
        argv = link_argv(
            target, objective, sources=["warm.c"], output="warm", script=None, folder=folder
        )
        run((*argv, "-Wl,-e,tml_run"), folder)
