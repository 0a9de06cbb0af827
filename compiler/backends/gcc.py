"""An installed GCC, found by the prefix of its name, behind the backend port."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from .. import toolchain
from ..errors import NoBackend, NoSlotMap, ToolchainFailed
from ..link import payload_address
from ..profile import Objective
from ..targets.core import Core, cores
from ..targets.target import Slot, Target
from ..toolchain import CODE, INCLUDE, OPTIMISATION
from .gcc_table import Gcc, gcc_for, gccs_for
from .image import OUTPUT, SCRIPT, read_image, write_job
from .port import Linked, LinkJob

_ASKING = 20.0  # s

_LANGUAGE = (
    "-std=c11",
    # Each release warns of something new. Tests make errors of what is worth it.
    "-w",
    "-fmax-errors=20",
    # On Armv6-M a jump table is a call of a helper that reads what lies behind the call.
    "-fno-jump-tables",
    # Operators of equal code stay apart, so that the instructions of each can be told.
    "-fno-ipa-icf",
)
_LINK = (
    "-nostdlib",
    "-static",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    # No pages: the ELF header is not part of an image.
    "-Wl,--nmagic",
)
_RUNTIME = "-lgcc"  # behind what calls it

_INSTRUCTION_BUS = range(0x4000_0000, 0x5000_0000)


class GccBackend:
    """Compiles for the cores of `gcc.toml` whose compiler is on PATH."""

    name = "gcc"

    def lacks(self, target: Target) -> str | None:
        """Return why no code can be made for `target`, and what would help; None where it can."""
        gcc = gcc_for(target)
        if gcc is None:
            needed = " or ".join(row.needs for row in gccs_for(target.core))
            return needed or "no GCC of the table compiles for it"
        return None if shutil.which(gcc.command) else f"it takes {gcc.needs}"

    def version(self, target: Target) -> str:
        """Return name and version of the engine, for people. Raises `NoBackend`."""
        return _version(*_found(_required(target)))

    def identity(self, target: Target, objective: Objective) -> str:
        """Return version and flags: all of the engine that decides what comes out.

        Assembler, linker and libgcc have versions of their own. Raises `NoBackend`.
        """
        gcc = _required(target)
        machine = gcc.machine(target)
        parts = _parts(*_found(gcc), machine)
        return " ".join((*parts, *flags(machine, objective), _RUNTIME))

    def link(self, job: LinkJob, workdir: Path) -> Linked:
        """Compile and link in `workdir`. Raises `ToolchainFailed`, `NoBackend`, `NoSlotMap`."""
        gcc, core = _required(job.target), cores()[job.target.core]
        if isinstance(job.place, Slot):
            require_readable_constants(core, job.place)
        own = {name: (toolchain.STARTUP / name).read_text("utf-8") for name in gcc.files}
        sources = write_job(job, core, workdir, own)
        command, _ = _found(gcc)
        argv = link_argv(
            command, gcc.machine(job.target), job.objective, sources=sources, folder=workdir
        )
        toolchain.run(argv, workdir, {})
        return read_image(workdir / OUTPUT, job.place)

    def warm(self, progress: Callable[[str], None]) -> None:
        """Do nothing: libgcc is installed with the compiler."""


def flags(machine: Sequence[str], objective: Objective) -> tuple[str, ...]:
    """Return all arguments that decide what machine code comes out."""
    return (*machine, OPTIMISATION[objective], *_LANGUAGE, *CODE, *_LINK)


def link_argv(
    command: str,
    machine: Sequence[str],
    objective: Objective,
    *,
    sources: Sequence[str],
    folder: Path,
) -> tuple[str, ...]:
    """Return the command that compiles and links `sources`, names relative to `folder`."""
    return (
        command,
        *flags(machine, objective),
        f"-ffile-prefix-map={folder}=.",
        "-isystem",
        str(INCLUDE),
        "-T",
        SCRIPT,
        *sources,
        _RUNTIME,
        "-o",
        OUTPUT,
    )


def require_readable_constants(core: Core, slot: Slot) -> None:
    """Raise `NoSlotMap` where bytes of the image could not be read at the slot's address."""
    view = payload_address(slot) if slot.data is None else slot.data
    if core.code_is_words and view in _INSTRUCTION_BUS:
        raise NoSlotMap(
            f"no slot map: {core.name} reads whole words only at {view:#x}, and constants are"
            " bytes: the slot's address as data (26242/x/22, `data` of a board) must be told"
        )


def _required(target: Target) -> Gcc:
    gcc = gcc_for(target)
    if gcc is None:
        raise NoBackend(f"no backend: no GCC of the table compiles for core {target.core!r}")
    return gcc


def _found(gcc: Gcc) -> tuple[str, int]:
    """Return the compiler's path, and when that file was written. Raises `NoBackend`."""
    path = shutil.which(gcc.command)
    if path is None:
        raise NoBackend(f"no backend: there is no {gcc.command} on PATH; it takes {gcc.needs}")
    return path, Path(path).stat().st_mtime_ns


@cache
def _version(command: str, written: int) -> str:
    """Return the first line of `--version`; `written` makes a new compiler be asked anew."""
    del written
    return _ask(command, "--version").splitlines()[0]


@cache
def _parts(command: str, written: int, machine: tuple[str, ...]) -> tuple[str, ...]:
    """Return versions of compiler, assembler and linker, and libgcc's hash."""
    programs = [_ask(command, f"-print-prog-name={name}").strip() for name in ("as", "ld")]
    versions = [_ask(program, "--version").splitlines()[0] for program in programs]
    library = Path(_ask(command, *machine, "-print-libgcc-file-name").strip())
    try:
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
    except OSError as fault:
        raise ToolchainFailed(f"{command} has no libgcc for this machine: {fault}") from fault
    return (_version(command, written), *versions, f"libgcc {digest}")


def _ask(command: str, *arguments: str) -> str:
    """Return what a compiler says of itself. Raises `ToolchainFailed`."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own argument vector, no shell
            (command, *arguments),
            env=toolchain.environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ASKING,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise ToolchainFailed(f"{command} does not tell what it is: {fault}") from fault
    if not done.stdout.strip():
        raise ToolchainFailed(f"{command} {' '.join(arguments)} says nothing")
    return done.stdout
