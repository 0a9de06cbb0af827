"""Where variable tensors lie in the state, which a model keeps from run to run."""

from collections.abc import Mapping
from typing import Final

from .graph import ElementType, Graph, Tensor

ALIGNMENT: Final = 4
"""What offsets are multiples of; no element is larger."""


def state_offsets(graph: Graph) -> Mapping[int, int]:
    """Return the offset in bytes of each variable tensor that an operator uses, by number."""
    used = {number for operator in graph.operators for number in operator.inputs}
    offsets, end = {}, 0
    for number, tensor in enumerate(graph.tensors):
        if tensor.variable and number in used:
            offsets[number] = end
            end += -(-tensor.size // ALIGNMENT) * ALIGNMENT
    return offsets


def state_size(graph: Graph) -> int:
    """Return the bytes of the state."""
    offsets = state_offsets(graph)
    return max((end + graph.tensors[number].size for number, end in offsets.items()), default=0)


def reset_value(tensor: Tensor) -> int:
    """Return what each byte of a variable is after a reset: 0.0 of int8, else 0.

    MicroInterpreter::Reset, which sets the zero point of int8 tensors alone.
    """
    if tensor.type is ElementType.INT8 and tensor.quantization is not None:
        return tensor.quantization.zero_point
    return 0
