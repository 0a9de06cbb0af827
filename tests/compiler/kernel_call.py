"""Kernels called one by one, without compiling a model for each."""

import ctypes
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from compiler.graph import Graph, Operator, Tensor
from compiler.machine import Machine
from compiler.ops import OPERATORS
from compiler.ops.call import (
    Argument,
    ArrayArgument,
    Lowered,
    Overlap,
    ScratchArgument,
    SizeArgument,
    TensorArgument,
    Value,
)
from compiler.state import reset_value

from .host_code import Fence

Lowering = Callable[[Graph, Operator], Lowered]
"""How an operator is to be computed."""


class Core(Protocol):
    """What kernels run on, with fenced memory for one call's operands."""

    def clear(self) -> None:
        """Forget what was placed."""
        ...

    def place(self, data: bytes) -> int:
        """Return where `data` lies now: a fence follows its last byte, or the word around it."""
        ...

    def read(self, address: int, size: int) -> bytes:
        """Return what lies there."""
        ...

    def call(self, function: str, arguments: Sequence[int | None]) -> None:
        """Call a function by its name; None is the null pointer."""
        ...


class HostCore:
    """A shared library on this machine."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._fences = [Fence(8 << 20) for _ in range(64)]
        self._used = 0

    def clear(self) -> None:
        self._used = 0

    def place(self, data: bytes) -> int:
        fence = self._fences[self._used]
        self._used += 1
        address = fence.at_end(len(data), 4 if len(data) % 4 == 0 else 1)
        ctypes.memmove(address, data, len(data))
        return address

    def read(self, address: int, size: int) -> bytes:
        return ctypes.string_at(address, size)

    def call(self, function: str, arguments: Sequence[int | None]) -> None:
        entry = getattr(self._library, function)
        entry.restype = None
        entry(*map(ctypes.c_void_p, arguments))


def plain(graph: Graph, operator: Operator) -> Lowered:
    """Lower an operator to its plain form."""
    return OPERATORS[operator.code].lower(graph, operator, Machine())


class Kernels:
    """All kernels on some core; graphs of one operator are lowered by `lower`."""

    def __init__(self, core: Core, lower: Lowering = plain) -> None:
        self._core, self.lower = core, lower

    def run(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> bytes:
        """Return the outputs of a graph of one operator."""
        (operator,) = graph.operators
        return self.run_lowered(graph, self.lower(graph, operator), inputs)

    def run_lowered(self, graph: Graph, lowered: Lowered, inputs: Sequence[NDArray[Any]]) -> bytes:
        """Return the outputs of a graph of one operator that is computed by `lowered`.

        They are the same where an output lies over an input as far as `lowered` allows.
        """
        found = self._run(graph, lowered, inputs, None)
        for overlap in lowered.overlaps:
            over = self._run(graph, lowered, inputs, overlap)
            assert over == found, f"the output harms the input it lies over: {overlap}"
        return found

    def _run(
        self,
        graph: Graph,
        lowered: Lowered,
        inputs: Sequence[NDArray[Any]],
        overlap: Overlap | None,
    ) -> bytes:
        (operator,) = graph.operators
        core = self._core
        core.clear()
        given = dict(zip(graph.inputs, (array.tobytes() for array in inputs), strict=True))
        garbage = {n: b"\xa5" * graph.tensors[n].size for n in operator.outputs}
        tensors = {n: core.place(data) for n, data in (garbage | given).items()}
        if overlap is not None:
            tensors |= _overlapped(
                overlap, given[overlap.input], garbage[overlap.output], core.place
            )
        scratch = core.place(b"\xa5" * (-(-lowered.scratch // 4) * 4))
        operands = _Operands(graph, tensors, scratch, core.place)
        for call in lowered.calls:
            addresses: list[int | None] = []
            if call.structure:
                addresses.append(core.place(packed(call.parameters)))
            addresses += map(operands.address, call.arguments)
            core.call(call.function, addresses)
        results = ((tensors[n], graph.tensors[n].size) for n in operator.outputs)
        return b"".join(core.read(address, size) for address, size in results)


@dataclass
class _Operands:
    """Where the operands of calls are."""

    graph: Graph
    tensors: dict[int, int]
    scratch: int
    place: Callable[[bytes], int]

    def address(self, argument: Argument) -> int | None:
        match argument:
            case TensorArgument(tensor=None):
                return None
            case TensorArgument(tensor=int(tensor), offset=offset):
                if tensor not in self.tensors:
                    self.tensors[tensor] = self.place(_contents(self.graph.tensors[tensor]))
                return self.tensors[tensor] + offset
            case ArrayArgument(data=data):
                return self.place(data)
            case ScratchArgument(offset=offset):
                return self.scratch + offset
            case SizeArgument(value):
                return value


def _contents(tensor: Tensor) -> bytes:
    """Return the bytes of a constant, or of a variable after a reset."""
    if tensor.variable:
        return reset_value(tensor).to_bytes(1, "little", signed=True) * tensor.size
    return tensor.data or b""


def _overlapped(
    overlap: Overlap, source: bytes, result: bytes, place: Callable[[bytes], int]
) -> dict[int, int]:
    """Return where both tensors lie when the output is as far up as it may."""
    apart = max(0, -(-overlap.distance // 4) * 4)
    both = bytearray(-(-max(apart + len(source), len(result)) // 4) * 4)
    both[: len(result)] = result
    both[apart : apart + len(source)] = source
    start = place(bytes(both))
    return {overlap.output: start, overlap.input: start + apart}


def packed(members: Mapping[str, Value]) -> bytes:
    """Return a kernel's parameters as they lie in memory; all members have four bytes."""
    data = b""
    for value in members.values():
        if isinstance(value, Mapping):
            data += packed(value)
        elif isinstance(value, tuple):
            data += struct.pack(f"<{len(value)}i", *value)
        else:
            data += struct.pack("<f" if isinstance(value, float) else "<i", value)
    return data
