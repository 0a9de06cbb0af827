"""Kernels called one by one, without compiling a model for each."""

import ctypes
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from compiler.graph import Graph
from compiler.machine import Machine
from compiler.ops import OPERATORS
from compiler.ops.call import (
    Argument,
    ArrayArgument,
    Lowered,
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
        """Return the outputs of a graph of one operator that is computed by `lowered`."""
        (operator,) = graph.operators
        fences = iter(self._fences)

        def place(data: bytes) -> int:
            address = next(fences).at_end(len(data), 4 if len(data) % 4 == 0 else 1)
            ctypes.memmove(address, data, len(data))
            return address

        scratch = place(b"\xa5" * (-(-lowered.scratch // 4) * 4))
        given = dict(zip(graph.inputs, (array.tobytes() for array in inputs), strict=True))
        tensors = {n: place(data) for n, data in given.items()}
        tensors |= {n: place(b"\xa5" * graph.tensors[n].size) for n in operator.outputs}

        def address_of(argument: Argument) -> int | None:
            match argument:
                case TensorArgument(tensor=None):
                    return None
                case TensorArgument(tensor=int(tensor)):
                    if tensor not in tensors:
                        tensors[tensor] = place(graph.tensors[tensor].data or b"")
                    return tensors[tensor]
                case ArrayArgument(data=data):
                    return place(data)
                case ScratchArgument(offset=offset):
                    return scratch + offset
                case SizeArgument(value):
                    return value

        for call in lowered.calls:
            addresses = [place(packed(call.parameters))] if call.structure else []
            function = getattr(self._library, call.function)
            function.restype = None
            function(*map(ctypes.c_void_p, [*addresses, *map(address_of, call.arguments)]))
        results = ((tensors[n], graph.tensors[n].size) for n in operator.outputs)
        return b"".join(ctypes.string_at(address, size) for address, size in results)


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
