"""Kernels called one by one, without compiling a model for each."""

import ctypes
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compiler.graph import Graph
from compiler.ops import OPERATORS
from compiler.ops.call import ArrayArgument, CType, SizeArgument, TensorArgument, Value

from .host_code import Fence

_NUMPY = {CType.INT8: np.int8, CType.INT32: np.int32, CType.FLOAT: np.float32}


class Kernels:
    """A library of all kernels, and fenced memory for one call's operands."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._fences = [Fence(8 << 20) for _ in range(8)]

    def run(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> bytes:
        """Return the output of a graph of one operator."""
        (operator,) = graph.operators
        call = OPERATORS[operator.code].call(graph, operator)
        fences = iter(self._fences)

        def place(data: bytes) -> int:
            address = next(fences).at_end(len(data))
            ctypes.memmove(address, data, len(data))
            return address

        given = dict(zip(graph.inputs, (array.tobytes() for array in inputs), strict=True))
        (result,) = operator.outputs
        addresses: list[int | None] = []
        output = 0
        if call.structure:
            addresses.append(place(packed(call.parameters)))
        for argument in call.arguments:
            match argument:
                case TensorArgument(tensor=None):
                    addresses.append(None)
                case TensorArgument(tensor=tensor) if tensor == result:
                    output = place(b"\xa5" * graph.tensors[result].size)
                    addresses.append(output)
                case TensorArgument(tensor=int(tensor)):
                    data = graph.tensors[tensor].data
                    addresses.append(place(given[tensor] if data is None else data))
                case ArrayArgument(values=values, type=ctype):
                    addresses.append(place(np.array(values, _NUMPY[ctype]).tobytes()))
                case SizeArgument():
                    raise AssertionError("no kernel of ours takes a size")
        function = getattr(self._library, call.function)
        function.restype = None
        function(*map(ctypes.c_void_p, addresses))
        return ctypes.string_at(output, graph.tensors[result].size)


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
