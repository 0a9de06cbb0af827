"""What convolutions and fully connected layers of int16 share, whose weights are int8.

The reference adds in 64 bits and requantises by a multiplier of 16 bits. Its bias is int64;
kernels take it as int32 where it fits.
"""

import numpy as np
import numpy.typing as npt

from ..graph import Graph, Operator
from . import weights
from .call import Argument, ArrayArgument, CType, TensorArgument, Value

_INPUT_REACH = 1 << 15
_SUM_REACH = 1 << 47
"""What the reference's 64-bit requantisation takes."""


def accumulators_fit(graph: Graph, operator: Operator, filters: npt.NDArray[np.int8]) -> bool:
    """Whether no input can bring an accumulator out of the 48 bits that the reference requantises.

    `filters` has one row per output channel.
    """
    bias = weights.bias_values(graph, operator)
    room = _SUM_REACH - _INPUT_REACH * _sums(filters)
    return bool(((bias < room) & (bias >= -room)).all())


def products_fit(filters: npt.NDArray[np.int8]) -> bool:
    """Whether the products of a row of `filters` with any input add up within 32 bits."""
    return bool(_INPUT_REACH * _sums(filters).max(initial=0) <= weights.INT32_MAX)


def members(graph: Graph, operator: Operator) -> dict[str, Value]:
    """Return the members that say how an accumulator becomes an int16 of the output."""
    given = weights.output_members(graph, operator)
    del given["input_offset"], given["output_offset"]
    return {**given, "bias_words": _words(weights.bias_values(graph, operator))}


def arguments(graph: Graph, operator: Operator) -> tuple[Argument, ...]:
    """Return what the kernels of this kind take after their parameters.

    The multipliers are the reference's upper halves.
    """
    values, shifts = zip(*weights.multipliers(graph, operator), strict=True)
    return (
        TensorArgument("input", operator.inputs[0], CType.INT16),
        TensorArgument("weights", operator.inputs[1]),
        _bias(graph, operator),
        ArrayArgument.of("multiplier", [_upper_half(value) for value in values], CType.INT16),
        ArrayArgument.of("shift", shifts, CType.INT8),
        TensorArgument("output", operator.outputs[0], CType.INT16),
    )


def _bias(graph: Graph, operator: Operator) -> Argument:
    if graph.optional_input(operator, 2) is None:
        return TensorArgument("bias", None, CType.INT32)
    values = weights.bias_values(graph, operator)
    layout = "<i8" if _words(values) == 2 else "<i4"
    return ArrayArgument("bias", CType.INT32, values.astype(layout).tobytes())


def _words(bias: npt.NDArray[np.int64]) -> int:
    """Return how many words of 32 bits hold an element."""
    narrow = np.array_equal(bias, bias.astype(np.int32))
    return 1 if narrow else 2


def _upper_half(multiplier: int) -> int:
    """Round a multiplier to 16 bits (MultiplyByQuantizedMultiplier of int64)."""
    return min((multiplier + (1 << 15)) >> 16, (1 << 15) - 1)


def _sums(filters: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    sums: npt.NDArray[np.int64] = np.abs(filters.astype(np.int16)).sum(axis=1, dtype=np.int64)
    return sums
