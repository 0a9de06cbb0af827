"""Emitted C on the host: compiled with every warning an error and undefined behaviour a trap,
run on memory that ends where it is said to end.
"""

import ctypes
import mmap
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from compiler.emit import Emitted

FLAGS = (
    *("-std=c11", "-O1", "-shared", "-fPIC"),
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wcast-align", "-Werror"),
    *("-Wmissing-prototypes", "-Wstrict-prototypes", "-Wundef"),
    *("-fsanitize=undefined", "-fsanitize-trap=undefined", "-ffp-contract=off"),
)

_LIBRARY = "model.so"


def compile_c(files: Mapping[str, str], folder: Path) -> ctypes.CDLL:
    """Return the shared library of `files`, written to and built in `folder`."""
    build_c(files, folder)
    return load_c(folder)


def build_c(files: Mapping[str, str], folder: Path) -> None:
    """Build the shared library of `files` in `folder`."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    sources = sorted(name for name in files if name.endswith(".c"))
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *sources, "-o", _LIBRARY]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def load_c(folder: Path) -> ctypes.CDLL:
    """Return the shared library that `build_c` has built in `folder`."""
    return ctypes.CDLL(str(folder / _LIBRARY))


class Fence:
    """Memory between two pages that fault, so that a byte too far ends the process.

    Data lies flush with the page behind it, rounded down to `alignment`.
    """

    _PAGE = mmap.PAGESIZE

    def __init__(self, capacity: int) -> None:
        self._pages = -(-capacity // self._PAGE) * self._PAGE
        self._memory = mmap.mmap(-1, self._pages + 2 * self._PAGE)
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        libc = ctypes.CDLL(None, use_errno=True)
        for fence in (self._start, self._start + self._PAGE + self._pages):
            failed = libc.mprotect(ctypes.c_void_p(fence), ctypes.c_size_t(self._PAGE), 0)
            assert not failed, ctypes.get_errno()

    def at_end(self, size: int, alignment: int = 1) -> int:
        """Return an address from which `size` bytes lead up to the fence behind."""
        assert size <= self._pages
        return (self._start + self._PAGE + self._pages - size) // alignment * alignment

    def at_start(self) -> int:
        """Return the first address after the fence in front."""
        return self._start + self._PAGE


def run_model(library: ctypes.CDLL, emitted: Emitted, inputs: Sequence[bytes]) -> list[bytes]:
    """Return the outputs of one run, its arena flush with the fence before and the one behind."""
    (outputs,) = run_sequence(library, emitted, [inputs])
    return outputs


def run_sequence(
    library: ctypes.CDLL, emitted: Emitted, sequence: Sequence[Sequence[bytes]]
) -> list[list[bytes]]:
    """Return the outputs of runs after one reset, in an arena that is garbage before each."""
    fences = Fence(emitted.arena_size), Fence(emitted.state_size)
    found = []
    for arena, state in (
        [fence.at_start() for fence in fences],
        [fences[0].at_end(emitted.arena_size, 16), fences[1].at_end(emitted.state_size, 4)],
    ):
        ctypes.memset(state, 0xA5, emitted.state_size)
        assert library.tml_init(ctypes.c_void_p(state)) == 0
        found.append([_run(library, emitted, arena, state, inputs) for inputs in sequence])
    assert found[0] == found[1]
    return found[0]


def _run(
    library: ctypes.CDLL, emitted: Emitted, arena: int, state: int, inputs: Sequence[bytes]
) -> list[bytes]:
    ctypes.memset(arena, 0xA5, emitted.arena_size)
    for (offset, size), data in zip(emitted.inputs, inputs, strict=True):
        assert len(data) == size
        ctypes.memmove(arena + offset, data, size)
    assert library.tml_run(ctypes.c_void_p(arena), ctypes.c_void_p(state)) == 0
    return [ctypes.string_at(arena + at, size) for at, size in emitted.outputs]
