"""A linked image on the host itself: a shared library, called in this process."""

import ctypes
from collections.abc import Sequence
from pathlib import Path

from .abi import HEAD_SIZE, table_size
from .emulation import CANARY, GARBAGE
from .errors import VerificationFailed
from .module_table import read_table

_ALIGNMENT = 64
_GUARD = 64


class HostImage:
    """A model as a shared library: `tml_table`, `tml_init` and `tml_run`.

    What it does wrong it does to this process: only for workers and the command line.
    """

    def __init__(self, path: Path) -> None:
        """Load and initialise. Raises `VerificationFailed`."""
        try:
            self._library = ctypes.CDLL(str(path))
            head = (ctypes.c_uint8 * HEAD_SIZE).in_dll(self._library, "tml_table")
            inputs, outputs = (
                int.from_bytes(head[8:10], "little"),
                int.from_bytes(head[10:12], "little"),
            )
            whole = ctypes.c_uint8 * table_size(inputs, outputs)
            self.table = read_table(bytes(whole.in_dll(self._library, "tml_table")))
            self._run = self._library.tml_run
            self._init = self._library.tml_init
        except (OSError, ValueError, AttributeError) as error:
            raise VerificationFailed(f"the shared library cannot be used: {error}") from error
        self._arena = _Memory(self.table.arena_size)
        self._state = _Memory(self.table.state_size)
        self.reset()

    def reset(self) -> None:
        """Bring what the model keeps from run to run back to what it was at first."""
        _require_zero("init", self._init(ctypes.c_void_p(self._state.address)))

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        """Run once on an arena full of garbage; return the outputs."""
        arena = self._arena
        arena.fill()
        for (offset, _), data in zip(self.table.inputs, inputs, strict=True):
            ctypes.memmove(arena.address + offset, data, len(data))
        state = ctypes.c_void_p(self._state.address)
        _require_zero("run", self._run(ctypes.c_void_p(arena.address), state))
        return [ctypes.string_at(arena.address + at, size) for at, size in self.table.outputs]

    def check_guards(self) -> None:
        """Raise `VerificationFailed` if a run wrote into what lies around its memory."""
        for name, memory in (("arena", self._arena), ("state", self._state)):
            if not memory.intact():
                raise VerificationFailed(f"the code wrote beyond its {name}")


class _Memory:
    """Aligned bytes with canaries on both sides."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._buffer = ctypes.create_string_buffer(_ALIGNMENT + 2 * _GUARD + size)
        start = ctypes.addressof(self._buffer) + _GUARD
        self.address = -(-start // _ALIGNMENT) * _ALIGNMENT
        ctypes.memset(self.address - _GUARD, CANARY, 2 * _GUARD + size)
        self.fill()

    def fill(self) -> None:
        ctypes.memset(self.address, GARBAGE, self._size)

    def intact(self) -> bool:
        guard = bytes([CANARY]) * _GUARD
        below = ctypes.string_at(self.address - _GUARD, _GUARD)
        return below == guard == ctypes.string_at(self.address + self._size, _GUARD)


def _require_zero(name: str, value: int) -> None:
    if value != 0:
        raise VerificationFailed(f"{name}: returned {value}")
