"""What every C compiler is asked for alike, and running one in a build's own folder.

Nothing of the caller's environment decides what comes out, and no path or date
ends up in it: equal sources, target and objective give equal bytes.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import ToolchainFailed
from .profile import Objective

TIMEOUT = 300.0  # s; a build takes one or two, a first one ten more

STARTUP = Path(__file__).parent / "startup"

# <string.h>, which a freestanding compiler does not bring.
INCLUDE = STARTUP / "include"

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# GNU ld's own complaints do not have the word; that its driver saw it fail tells nothing.
_ERROR = re.compile(r"^(?!collect2: ).*error|\bld: ")
_OUTPUT_LIMIT = 64 << 10
_FIRST_LINES = 12
_INHERITED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")

OPTIMISATION: Mapping[Objective, str] = {
    Objective.FLASH: "-Os",
    Objective.RAM: "-Os",
    Objective.SPEED: "-O2",
}

CODE = (
    "-ffreestanding",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-stack-protector",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    # One rounding per operation, on cores with and without a fused multiply-add.
    "-ffp-contract=off",
    "-fno-ident",
    "-fomit-frame-pointer",
)


def cache_folder(tool: str = "zig") -> Path:
    """Return a tool's cache: $TINYMLAAS_CACHE/`tool`, else under $XDG_CACHE_HOME."""
    own = os.environ.get("TINYMLAAS_CACHE")
    if own:
        return Path(own) / tool
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tinymlaas" / tool


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a compiler's run: what `own` says, and who runs it where."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {"LC_ALL": "C"} | dict(own)


def run(
    argv: Sequence[str], folder: Path, own: Mapping[str, str], timeout: float = TIMEOUT
) -> None:
    """Run a compiler in `folder`, `own` added to its environment.

    Raises `ToolchainFailed` with the first of its errors. It stays in this process's
    group, so that who kills a build kills it too.
    """
    log = folder / "toolchain.log"
    try:
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603 -- our own argument vector, no shell
                argv,
                cwd=folder,
                env=environment(own),
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
    told = [line for line in lines if _ERROR.search(line)] or [
        line for line in lines if line.strip()
    ]
    first = "\n".join(told[:_FIRST_LINES])
    return f"the compiler ended with status {status}:\n{first}"


def write_sources(files: Mapping[str, str], folder: Path) -> None:
    """Write sources into `folder`, which is made. Raises `ToolchainFailed` for a path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if not _FILE_NAME.fullmatch(name):
            raise ToolchainFailed(f"source file {name!r} must lie in the build's own folder")
        (folder / name).write_text(text, "utf-8")
