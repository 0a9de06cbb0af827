"""The `ziglang` wheel as a C compiler: argument vectors (pure), and running them.

Nothing of the caller's environment decides what comes out, and no path or date
ends up in it: equal sources, target and objective give equal bytes.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import NoBackend, ToolchainFailed
from .profile import Objective
from .targets.core import Core, cores
from .targets.target import Target

TIMEOUT = 300.0  # s; a build takes one or two, a first one ten more

# <string.h>, which a freestanding compiler does not bring.
_INCLUDE = Path(__file__).parent / "startup" / "include"

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_OUTPUT_LIMIT = 64 << 10
_FIRST_LINES = 12
_INHERITED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")

OPTIMISATION: Mapping[Objective, str] = {
    Objective.FLASH: "-Os",
    Objective.RAM: "-Os",
    Objective.SPEED: "-O2",
}

_LANGUAGE = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ferror-limit=20")
_CODE = (
    "-ffreestanding",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-sanitize=all",
    "-fno-stack-protector",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    # One rounding per operation, on cores with and without a fused multiply-add.
    "-ffp-contract=off",
    "-fno-ident",
)
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


def cache_folder(tool: str = "zig") -> Path:
    """Return a tool's cache: $TINYMLAAS_CACHE/`tool`, else under $XDG_CACHE_HOME."""
    own = os.environ.get("TINYMLAAS_CACHE")
    if own:
        return Path(own) / tool
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tinymlaas" / tool


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
    if core is None or core.backend != "native":
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
        str(_INCLUDE),
        *(() if script is None else ("-T", script)),
        *sources,
        "-o",
        output,
    )


def environment(cache: Path, folder: Path) -> dict[str, str]:
    """Return the whole environment of a compiler run in `folder`.

    The compiler's runtime, the same for all builds, is kept in `cache`, which any
    number of runs may share; what belongs to this build goes with `folder`.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "LC_ALL": "C",
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(folder / ".zig-cache"),
    }


def run(argv: Sequence[str], folder: Path, timeout: float = TIMEOUT) -> None:
    """Run the compiler in `folder`. Raises `ToolchainFailed` with the first of its errors.

    It stays in this process's group, so that who kills a build kills it too.
    """
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    log = folder / "toolchain.log"
    try:
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603 -- our own argument vector, no shell
                argv,
                cwd=folder,
                env=environment(cache, folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
    except subprocess.TimeoutExpired as fault:
        raise ToolchainFailed(f"the compiler did not end within {timeout:.0f} s") from fault
    except OSError as fault:
        raise ToolchainFailed(f"the compiler could not be started: {fault}") from fault
    if done.returncode != 0:
        raise ToolchainFailed(_complaint(log, done.returncode))


def _complaint(log: Path, status: int) -> str:
    with log.open("rb") as output:
        lines = output.read(_OUTPUT_LIMIT).decode("utf-8", "replace").splitlines()
    # Errors tell more than the warnings and notes around them.
    told = [line for line in lines if "error" in line] or [line for line in lines if line.strip()]
    first = "\n".join(told[:_FIRST_LINES])
    return f"the compiler ended with status {status}:\n{first}"


def write_sources(files: Mapping[str, str], folder: Path) -> None:
    """Write sources into `folder`, which is made. Raises `ToolchainFailed` for a path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise ToolchainFailed(f"source file {name!r} must lie in the build's own folder")
        (folder / name).write_text(text, "utf-8")


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
            for run in as_completed(runs):
                run.result()
                target, objective = runs[run]
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
        write_sources(_WARMING, folder)
        argv = link_argv(
            target, objective, sources=["warm.c"], output="warm", script=None, folder=folder
        )
        run((*argv, "-Wl,-e,tml_run"), folder)
