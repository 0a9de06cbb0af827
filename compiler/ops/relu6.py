"""RELU6: a clamp of the input's own steps."""

import numpy as np

from ..fixed_point import INT8_VALUES, Integers
from ..graph import Graph, Operator
from ..options import Activation
from ..quantization import INT16_ENDS, activation_range, quantize_multiplier
from . import conditions, floats, lookup
from .call import Call, Value


def slope(graph: Graph, operator: Operator) -> float:
    """Return 1: steps of the output per step of the input, but for clamping."""
    return 1.0


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8, from -128 on."""
    source = conditions.quantization(graph.input(operator, 0))
    return np.clip(INT8_VALUES, *activation_range(Activation.RELU6, source))


def float_call(graph: Graph, operator: Operator) -> Call:
    """Return the float kernel's call."""
    ends: dict[str, Value] = {"activation_min": 0.0, "activation_max": 6.0}
    return floats.activation_call("rectify", {"ends": ends}, graph, operator)


def int16_call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for int16."""
    source = conditions.quantization(graph.input(operator, 0))
    ends = activation_range(Activation.RELU6, source, INT16_ENDS)
    return lookup.rectify_int16(quantize_multiplier(1.0), ends, graph, operator)


DEFINITION = lookup.definition(
    table, conditions.same_quantization, float_call=float_call, int16_call=int16_call
)
