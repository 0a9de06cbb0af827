"""The arrays that go to flash: who owns each, its symbol and its elements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph, Operator
from ..ops.call import Argument, ArrayArgument, Call, CType, SizeArgument, TensorArgument, Value

_LAYOUTS = {CType.INT8: "<i1", CType.INT32: "<i4"}
"""No kernel takes constants of type float."""

Key = int | tuple[int, str] | None
"""A constant tensor by its number, or a call's own array by operator and role."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operator with the call that computes it."""

    operator: Operator
    call: Call

    @property
    def prefix(self) -> str:
        """What the symbols of this operator's constants start with."""
        return f"tml_op{self.operator.index}_"

    @property
    def parameters(self) -> str:
        """The symbol of the call's parameters."""
        return f"{self.prefix}parameters"

    def key(self, argument: Argument) -> Key:
        """Return under which key an argument's array is, if it is a constant."""
        match argument:
            case TensorArgument(tensor=tensor):
                return tensor
            case ArrayArgument(role=role):
                return self.operator.index, role
            case SizeArgument():
                return None


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


def constants_of(graph: Graph, steps: Iterable[Step]) -> dict[Key, Constant]:
    """Return every array that the calls use; a tensor that several share, once."""
    found: dict[Key, Constant] = {}
    for step in steps:
        for argument in step.call.arguments:
            key = step.key(argument)
            if isinstance(argument, SizeArgument) or key is None or key in found:
                continue
            values = _values(graph, argument)
            if values is not None:
                symbol = f"{step.prefix}{argument.role}"
                found[key] = Constant(symbol, step.operator.index, argument.type, values)
    return found


def _values(graph: Graph, argument: TensorArgument | ArrayArgument) -> NDArray[Any] | None:
    if isinstance(argument, ArrayArgument):
        return np.array(argument.values, _LAYOUTS[argument.type])
    data = None if argument.tensor is None else graph.tensors[argument.tensor].data
    return None if data is None else np.frombuffer(data, _LAYOUTS[argument.type])


def structure_size(members: Mapping[str, Value]) -> int:
    """Return the bytes of a structure; all its members are of four bytes."""
    total = 0
    for value in members.values():
        if isinstance(value, Mapping):
            total += structure_size(value)
        else:
            total += 4 * (len(value) if isinstance(value, tuple) else 1)
    return total
