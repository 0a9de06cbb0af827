"""The programs in C, compiled once for what they are made of."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from device_sim.mcu.hook import cache_folder

_SOURCES = Path(__file__).with_name("load")
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")


def compiler() -> list[str]:
    """Return the host's C compiler, else the one that comes with us."""
    host = shutil.which("cc")
    return [host] if host else [sys.executable, "-m", "ziglang", "cc"]


def program(name: str, libraries: Sequence[str] = ()) -> Path:
    """Return `load/NAME.c` compiled. Raises `RuntimeError` with what the compiler says."""
    command = [*compiler(), *_FLAGS]
    links = [f"-l{library}" for library in libraries]
    source = _SOURCES / f"{name}.c"
    parts = [*command, *links, (_SOURCES / "coap.h").read_text(), source.read_text()]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    built = cache_folder() / "benchmarks" / f"{name}-{key}"
    if built.exists():
        return built
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        made = Path(folder) / name
        done = subprocess.run(
            [*command, "-o", str(made), str(source), *links],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}.c was not compiled: {done.stderr.strip()}")
        made.rename(built)
    return built
