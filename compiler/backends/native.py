"""The embedded compiler (clang and lld of the `ziglang` wheel) behind the backend port."""

from collections.abc import Callable
from pathlib import Path

from .. import toolchain
from ..profile import Objective
from ..targets.core import cores
from ..targets.target import Target
from ..toolchain import OPTIMISATION
from . import zig
from .image import OUTPUT, SCRIPT, read_image, write_job
from .port import Linked, LinkJob

_OBJECT = "image.o"
_OWN = ("memory.c",)
_SHARED = "image.so"


class NativeBackend:
    """Compiles for every core of `cores.toml` that has a `triple`, the host included."""

    name = "native"

    def lacks(self, target: Target) -> str | None:
        """Return why no code can be made for `target`, None where it can."""
        row = cores().get(target.core)
        served = row is not None and row.triple
        return None if served else "the embedded compiler has no backend for it"

    def version(self, target: Target) -> str:
        """Return name and version of the engine, for people."""
        del target  # one compiler for all
        return zig.version()

    def identity(self, target: Target, objective: Objective) -> str:
        """Return version and flags: all of the engine that decides what comes out."""
        runtime = OPTIMISATION[zig.RUNTIME]
        return " ".join((zig.version(), *zig.flags(target, objective), f"runtime {runtime}"))

    def link(self, job: LinkJob, workdir: Path) -> Linked:
        """Compile and link in `workdir`. Raises `ToolchainFailed`."""
        core = zig.served_core(job.target)
        if core.family == "host":
            return _link_host(job, workdir)
        # Ours copy by words; the runtime's own, where it is made small, by bytes.
        own = {name: (toolchain.STARTUP / name).read_text("utf-8") for name in _OWN}
        sources = write_job(job, core, workdir, own)
        compiling = zig.compile_argv(
            job.target, job.objective, sources=sources, output=_OBJECT, folder=workdir
        )
        zig.run(compiling, workdir)
        linking = zig.link_argv(
            job.target,
            zig.RUNTIME,
            sources=[_OBJECT],
            output=OUTPUT,
            script=SCRIPT,
            folder=workdir,
        )
        zig.run(linking, workdir)
        return read_image(workdir / OUTPUT, job.place)

    def warm(self, progress: Callable[[str], None]) -> None:
        """Compile the compiler's runtime once for each core."""
        zig.warm(progress)


def _link_host(job: LinkJob, workdir: Path) -> Linked:
    toolchain.write_sources(job.files, workdir)
    argv = zig.link_argv(
        job.target,
        job.objective,
        sources=sorted(name for name in job.files if name.endswith(".c")),
        output=_SHARED,
        script=None,
        folder=workdir,
    )
    zig.run(argv, workdir)
    linked = (workdir / _SHARED).read_bytes()
    return Linked(elf=linked, binary=linked, symbols=(), sections={})
