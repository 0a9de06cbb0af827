"""What forms compute once for a kernel: the input's zero point, taken into the bias."""

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph, Operator
from ..ops import weights
from ..ops.call import Argument, ArrayArgument, CType, TensorArgument, Value
from ..ops.conditions import is_int8_activation, quantization


def filters(graph: Graph, operator: Operator) -> NDArray[np.int64]:
    """Return the weights of CONV_2D or FULLY_CONNECTED, one row per output channel."""
    values = weights.int8_values(graph.input(operator, 1)).astype(np.int64)
    return values.reshape(values.shape[0], -1)


def bias(graph: Graph, operator: Operator, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bias with which inputs are multiplied as they are, zero point and all.

    `rows` are the weights by output channel. Every tap must have its input: those on
    padding the zero point.
    """
    zero_point = quantization(graph.input(operator, 0)).zero_point
    sums: NDArray[np.int64] = rows.sum(axis=1)
    return weights.bias_values(graph, operator) - zero_point * sums


def fits(graph: Graph, operator: Operator, rows: NDArray[np.int64]) -> bool:
    """Whether sums of int8 that begin with the products or the folded bias keep to 32 bits."""
    if not all(
        is_int8_activation(end) for end in (graph.input(operator, 0), graph.output(operator))
    ):
        return False
    reach = 128 * np.abs(rows).sum(axis=1) + np.abs(bias(graph, operator, rows))
    return bool(reach.max(initial=0) <= weights.INT32_MAX)


def arguments(graph: Graph, operator: Operator, rows: NDArray[np.int64]) -> tuple[Argument, ...]:
    """Return the arguments of `weights.arguments`, with the folded bias."""
    given = weights.arguments(graph, operator)
    folded = ArrayArgument.of("bias", bias(graph, operator, rows), CType.INT32)
    return tuple(
        folded if isinstance(one, TensorArgument) and one.role == "bias" else one for one in given
    )


def members(graph: Graph, operator: Operator) -> dict[str, Value]:
    """Return the members that say how a sum becomes an int8 of the output."""
    given = weights.output_members(graph, operator)
    del given["input_offset"]
    return given
