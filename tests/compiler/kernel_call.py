"""Kernels called one by one, without compiling a model for each."""

import ctypes
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from compiler.graph import Graph
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

from .host_code import Fence


class Kernels:
    """A library of all kernels, and fenced memory for one call's operands."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._fences = [Fence(8 << 20) for _ in range(16)]

    def run(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> bytes:
        """Return the outputs of a graph of one operator, computed by its plain form."""
        (operator,) = graph.operators
        lowered = OPERATORS[operator.code].lower(graph, operator, Machine())
        return self.run_lowered(graph, lowered, inputs)

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
        fences = iter(self._fences)

        def place(data: bytes) -> int:
            address = next(fences).at_end(len(data), 4 if len(data) % 4 == 0 else 1)
            ctypes.memmove(address, data, len(data))
            return address

        given = dict(zip(graph.inputs, (array.tobytes() for array in inputs), strict=True))
        garbage = {n: b"\xa5" * graph.tensors[n].size for n in operator.outputs}
        tensors = {n: place(data) for n, data in (garbage | given).items()}
        if overlap is not None:
            tensors |= _overlapped(overlap, given[overlap.input], garbage[overlap.output], place)
        scratch = place(b"\xa5" * (-(-lowered.scratch // 4) * 4))
        operands = _Operands(graph, tensors, scratch, place)
        for call in lowered.calls:
            addresses = [place(packed(call.parameters))] if call.structure else []
            addresses += map(operands.address, call.arguments)
            function = getattr(self._library, call.function)
            function.restype = None
            function(*map(ctypes.c_void_p, addresses))
        results = ((tensors[n], graph.tensors[n].size) for n in operator.outputs)
        return b"".join(ctypes.string_at(address, size) for address, size in results)


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
            case TensorArgument(tensor=int(tensor)):
                if tensor not in self.tensors:
                    self.tensors[tensor] = self.place(self.graph.tensors[tensor].data or b"")
                return self.tensors[tensor]
            case ArrayArgument(data=data):
                return self.place(data)
            case ScratchArgument(offset=offset):
                return self.scratch + offset
            case SizeArgument(value):
                return value


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
