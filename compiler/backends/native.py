"""The embedded compiler (clang and lld of the `ziglang` wheel) behind the backend port."""

from collections.abc import Callable
from pathlib import Path

from .. import toolchain
from ..elf import read_elf
from ..link import linker_script, payload_address
from ..profile import Objective
from ..targets.core import cores
from ..targets.target import ImageKind, Target
from .port import Linked, LinkJob

_STARTUP = Path(__file__).parent.parent / "startup"
_SCRIPT = "image.ld"


class NativeBackend:
    """Compiles for every core of `cores.toml` whose backend is `native`, the host included."""

    name = "native"

    def serves(self, core: str) -> bool:
        """Whether the engine compiles for `core`."""
        row = cores().get(core)
        return row is not None and row.backend == self.name

    def version(self) -> str:
        """Return name and version of the engine, for people."""
        return toolchain.version()

    def identity(self, target: Target, objective: Objective) -> str:
        """Return version and flags: all of the engine that decides what comes out."""
        return " ".join((toolchain.version(), *toolchain.flags(target, objective)))

    def link(self, job: LinkJob, workdir: Path) -> Linked:
        """Compile and link in `workdir`. Raises `ToolchainFailed`."""
        core = toolchain.served_core(job.target)
        host = core.family == "host"
        files = dict(job.files)
        if job.kind is ImageKind.FIRMWARE and not host:
            files |= startup_files(core.family)
        if not host:
            files[_SCRIPT] = linker_script(job.place)
        toolchain.write_sources(files, workdir)
        output = "image.so" if host else "image.elf"
        argv = toolchain.link_argv(
            job.target,
            job.objective,
            sources=sorted(name for name in files if name.endswith(".c")),
            output=output,
            script=None if host else _SCRIPT,
            folder=workdir,
        )
        toolchain.run(argv, workdir)
        linked = (workdir / output).read_bytes()
        if host:
            return Linked(elf=linked, binary=linked, symbols=(), sections={})
        elf = read_elf(linked)
        return Linked(
            elf=linked,
            binary=elf.flat(payload_address(job.place)),
            symbols=tuple(elf.symbols()),
            sections=elf.sizes(),
        )

    def warm(self, progress: Callable[[str], None]) -> None:
        """Compile the compiler's runtime once for each core."""
        toolchain.warm(progress)


def startup_files(family: str) -> dict[str, str]:
    """Return the C that takes a core of `family` from reset to the runtime."""
    names = ("startup.h", "start.c", f"reset_{family}.c")
    return {name: (_STARTUP / name).read_text("utf-8") for name in names}
