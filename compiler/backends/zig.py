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

_LANGUAGE = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ferror-limit=20")
# The driver would have sanitizers on where optimisation is low.
_CODE = (*CODE, "-fno-sanitize=all")
# -nostdlib leaves the runtime's helpers out, -rtlib brings them back and nothing else.
_LINK = (
    # Without debugging the linker drops symbols too, and reports need their sizes.
    "-g1",
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
    core = served_core(target)
    if core.family == "host":
        return (f"-mcpu={core.cpu}", OPTIMISATION[objective], *_LANGUAGE, *_CODE, *_HOST_LINK)
    return (
        "-target",
        core.target_triple(target.features),
        f"-mcpu={core.cpu_with(target.features)}",
        OPTIMISATION[objective],
        *_LANGUAGE,
        *_CODE,
        *_LINK,
    )


def link_argv(
    target: Target,
    objective: Objective,
    *,
    sources: Sequence[str],
    output: str,
    script: str | None,
    folder: Path,
) -> tuple[str, ...]:
    """Return the command that compiles and links `sources`, names relative to `folder`."""
    return (
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        *flags(target, objective),
        f"-ffile-prefix-map={folder}=.",
        "-isystem",
        str(INCLUDE),
        *(() if script is None else ("-T", script)),
        *sources,
        "-o",
        output,
    )


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

    Only for the objective that is tried first: the runtime for another is compiled,
    in a few seconds, by the first build that asks for it.
    """
    for core in cores().values():
        if core.backend == "native":
            yield Target(core.name), Objective.FLASH
            if core.usual:
                yield Target(core.name, core.usual), Objective.FLASH


def _warm(target: Target, objective: Objective) -> None:
    with TemporaryDirectory(prefix="tinymlaas-warm-") as name:
        folder = Path(name)
        toolchain.write_sources(_WARMING, folder)
        argv = link_argv(
            target, objective, sources=["warm.c"], output="warm", script=None, folder=folder
        )
        run((*argv, "-Wl,-e,tml_run"), folder)
