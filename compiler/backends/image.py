"""What every engine does before its compiler runs and after its linker has: files in, image out."""

from collections.abc import Mapping
from pathlib import Path

from .. import toolchain
from ..elf import read_elf
from ..errors import NoBackend
from ..link import linker_script, payload_address
from ..targets.core import Core
from ..targets.target import FirmwareMap, ImageKind, Slot
from .port import Linked, LinkJob

SCRIPT = "image.ld"
OUTPUT = "image.elf"

# How a core of a family gets from reset to C.
_RESET = ("arm", "riscv")


def write_job(
    job: LinkJob, core: Core, folder: Path, own: Mapping[str, str] | None = None
) -> list[str]:
    """Write all that is compiled, `own` files of the engine included, and the linker script.

    Returns the names of the C files, in the order in which they are linked. Raises
    `NoBackend` for firmware of a core that no start-up code is here for.
    """
    files = dict(job.files) | dict(own or {})
    if job.kind is ImageKind.FIRMWARE:
        files |= startup_files(core)
    files[SCRIPT] = linker_script(job.place)
    toolchain.write_sources(files, folder)
    return sorted(name for name in files if name.endswith(".c"))


def read_image(file: Path, place: Slot | FirmwareMap) -> Linked:
    """Return what the linker wrote. Raises `ToolchainFailed` for what is no image."""
    elf = read_elf(file.read_bytes())
    return Linked(
        elf=elf.data,
        binary=elf.flat(payload_address(place)),
        symbols=tuple(elf.symbols()),
        sections=elf.sizes(),
    )


def startup_files(core: Core) -> dict[str, str]:
    """Return the C that takes `core` from reset to the runtime. Raises `NoBackend`."""
    if core.family not in _RESET:
        raise NoBackend(
            f"no backend makes bootable firmware for core {core.name!r}, whose own boot loader"
            " starts images of another form: send it a module"
        )
    names = ("startup.h", "start.c", f"reset_{core.family}.c")
    return {name: (toolchain.STARTUP / name).read_text("utf-8") for name in names}
