"""What forms with vectors of sums share: biases that hold the zero point, and right shifts."""

import numpy as np
import numpy.typing as npt

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import weights
from ...ops.call import Argument, ArrayArgument, CType, TensorArgument, Value
from ...ops.conditions import quantization
from ...profile import Objective

LANES = 16
"""Bytes of a vector."""


def right_shifts(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether vectors are there and worth their memory, and no accumulator is shifted left."""
    shifts = (multiplier.shift for multiplier in weights.multipliers(graph, operator))
    return (
        machine.has("mve")
        and machine.objective is not Objective.RAM
        and all(shift <= 0 for shift in shifts)
    )


def rectified(graph: Graph, operator: Operator) -> bool:
    """Whether what is negative before the output's zero point is added is clamped after it.

    Nothing but int8 itself may clamp: then ties below zero need no care.
    """
    zero_point = quantization(graph.output(operator)).zero_point
    return zero_point == -128 and weights.clamp(graph, operator) == (-128, 127)


def folded_bias(
    graph: Graph, operator: Operator, filters: npt.NDArray[np.int8]
) -> npt.NDArray[np.int64]:
    """Return each bias less its filter's sum times the input's zero point: what padding holds.

    `filters` has one row per output channel. It fits 32 bits where accumulators do.
    """
    zero_point = quantization(graph.input(operator, 0)).zero_point
    sums: npt.NDArray[np.int64] = filters.sum(axis=1, dtype=np.int64)
    return weights.bias_values(graph, operator) - zero_point * sums


def output_members(graph: Graph, operator: Operator) -> dict[str, Value]:
    """Return the members of `struct tml_output_mve`."""
    members = weights.output_members(graph, operator)
    return {
        "offset": members["output_offset"],
        "activation_min": members["activation_min"],
        "activation_max": members["activation_max"],
        "channel_step": members["channel_step"],
    }


def arguments(
    graph: Graph, operator: Operator, filters: npt.NDArray[np.int8]
) -> tuple[Argument, ...]:
    """Return input, weights, biases, multipliers and shifts, in order."""
    source, given, _, multiplier, shift, _ = weights.arguments(graph, operator)
    bias = folded_bias(graph, operator, filters)
    return (source, given, ArrayArgument.of("bias", bias, CType.INT32), multiplier, shift)


def result(operator: Operator) -> Argument:
    """Return the output."""
    return TensorArgument("output", operator.outputs[0])
