"""The arrays that go to flash: who owns each, its symbol and its elements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph
from ..ops.call import Argument, ArrayArgument, CType, TensorArgument, Value
from ..program import Key, Program


@dataclass(frozen=True, slots=True)
class Constant:
    """An array in flash; `owner` is the index of the operator whose symbol it carries."""

    symbol: str
    owner: int
    type: CType
    values: NDArray[Any] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.values.nbytes


def constants_of(program: Program) -> dict[Key, Constant]:
    """Return every array that the calls use; a tensor that several share, once."""
    found: dict[Key, Constant] = {}
    for step in program.steps:
        for argument in step.lowered.arguments:
            key = step.key(argument)
            if key is None or key in found:
                continue
            values = _values(program.graph, argument)
            if isinstance(argument, TensorArgument | ArrayArgument) and values is not None:
                symbol = f"{step.prefix}{argument.role}"
                found[key] = Constant(symbol, step.operator.index, argument.type, values)
    return found


def _values(graph: Graph, argument: Argument) -> NDArray[Any] | None:
    match argument:
        case ArrayArgument():
            return argument.values
        case TensorArgument(tensor=int(tensor), type=type_):
            data = graph.tensors[tensor].data
            return None if data is None else np.frombuffer(data, type_.dtype)
        case _:
            return None


def structure_size(members: Mapping[str, Value]) -> int:
    """Return the bytes of a structure; all its members are of four bytes."""
    total = 0
    for value in members.values():
        if isinstance(value, Mapping):
            total += structure_size(value)
        else:
            total += 4 * (len(value) if isinstance(value, tuple) else 1)
    return total
