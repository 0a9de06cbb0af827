"""The hook of `bounds.c`: compiled once for this host, and its structures."""

import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from .errors import HookUnavailable

MAX_BANKS = 16
MAX_RANGES = 16
_CACHED_BLOCKS = 4096

# Classes of instructions, as in bounds.c.
DSP, FPU, FPU_DOUBLE, ATOMIC, PRIVILEGED, ILLEGAL = 1, 2, 4, 8, 16, 32
ALL_CLASSES = 63

# `enum fault` of bounds.c.
FAULT_READ, FAULT_WRITE, FAULT_FETCH, FAULT_INSTRUCTION, TIMEOUT = 1, 2, 3, 4, 5

_SOURCE = Path(__file__).with_name("bounds.c")
_FLAGS = ("-shared", "-O2", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror")
_SECONDS = 300


class Bank(ctypes.Structure):
    """`struct bank`."""

    _fields_ = (("start", ctypes.c_uint64), ("end", ctypes.c_uint64), ("host", ctypes.c_void_p))


class Range(ctypes.Structure):
    """`struct range`."""

    _fields_ = (
        ("start", ctypes.c_uint64),
        ("end", ctypes.c_uint64),
        ("permissions", ctypes.c_uint32),
        ("lowest_write", ctypes.c_uint32),
        ("highest", ctypes.c_uint64),
    )


class Visit(ctypes.Structure):
    """`struct visit`."""

    _fields_ = (("address", ctypes.c_uint64), ("instructions", ctypes.c_uint64))


class _Block(ctypes.Structure):
    _fields_ = (
        ("tag", ctypes.c_uint64),
        ("instructions", ctypes.c_uint32),
        ("classes", ctypes.c_uint32),
    )


class WatchState(ctypes.Structure):
    """`struct watch`: shared between the hooks and the run that set them."""

    _fields_ = (
        ("stop", ctypes.c_void_p),
        ("read_register", ctypes.c_void_p),
        ("write_register", ctypes.c_void_p),
        ("pc_register", ctypes.c_int32),
        ("status_register", ctypes.c_int32),
        ("is_riscv", ctypes.c_uint32),
        ("conditional", ctypes.c_uint32),
        ("has_conditional", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("instructions", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("forbidden", ctypes.c_uint32),
        ("fault", ctypes.c_uint32),
        ("fault_classes", ctypes.c_uint32),
        ("fault_address", ctypes.c_uint32),
        ("fault_pc", ctypes.c_uint32),
        ("has_fpu", ctypes.c_uint32),
        ("fpu_classes", ctypes.c_uint32),
        ("cpuid", ctypes.c_uint32),
        ("cpacr", ctypes.c_uint32),
        ("vtor", ctypes.c_uint32),
        ("bank_count", ctypes.c_uint32),
        ("range_count", ctypes.c_uint32),
        ("last_range", ctypes.c_uint32),
        ("reserved_too", ctypes.c_uint32),
        ("visits", ctypes.POINTER(Visit)),
        ("visit_count", ctypes.c_uint64),
        ("visit_limit", ctypes.c_uint64),
        ("banks", Bank * MAX_BANKS),
        ("ranges", Range * MAX_RANGES),
        ("blocks", _Block * _CACHED_BLOCKS),
    )

    def forget_blocks(self) -> None:
        """Forget decoded blocks, for the code under them has changed."""
        ctypes.memset(ctypes.addressof(self.blocks), 0, ctypes.sizeof(self.blocks))


def cache_folder() -> Path:
    """Return the folder for what this host compiles once: TINYMLAAS_CACHE or XDG's."""
    if told := os.environ.get("TINYMLAAS_CACHE"):
        return Path(told)
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "tinymlaas"


@functools.cache
def load() -> ctypes.CDLL:
    """Return the compiled hook, from the cache folder or freshly built into it.

    Raises `HookUnavailable` where the host's compiler is missing or refuses.
    """
    library = ctypes.CDLL(str(_compiled()))
    library.watch_size.restype = ctypes.c_uint64
    if library.watch_size() != ctypes.sizeof(WatchState):
        raise HookUnavailable("bounds.c and hook.py disagree about `struct watch`")
    return library


def _compiled() -> Path:
    path = cache_folder() / "host" / f"bounds-{_key()}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever comes second renames an equal file over the first one's.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".bounds-") as folder:
            built = Path(folder) / "bounds.so"
            _compile(built)
            built.replace(path)
    return path


def _key() -> str:
    """Hash what decides the result: source, flags, compiler, host."""
    try:
        version = metadata.version("ziglang")
    except metadata.PackageNotFoundError as error:
        raise HookUnavailable("the package `ziglang` is not installed") from error
    parts = (_SOURCE.read_bytes(), " ".join(_FLAGS), version, platform.machine(), sys.platform)
    text = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hashlib.sha256(text).hexdigest()[:24]


def _compile(path: Path) -> None:
    if importlib.util.find_spec("ziglang") is None:
        raise HookUnavailable("the package `ziglang` is not installed")
    zig = str(cache_folder() / "zig")
    environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}
    # baseline: the cache folder may be shared by hosts of one architecture
    command = [sys.executable, "-m", "ziglang", "cc", *_FLAGS, "-mcpu=baseline"]
    try:
        done = subprocess.run(  # noqa: S603  our own compiler on our own source
            [*command, "-o", str(path), str(_SOURCE)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HookUnavailable(f"compiling bounds.c: {error}") from error
    if done.returncode != 0:
        raise HookUnavailable(f"compiling bounds.c: {done.stderr.strip()[-2000:]}")
