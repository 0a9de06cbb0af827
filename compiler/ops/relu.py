"""RELU, which may also bring its input to another scale."""

import math

import numpy as np

from ..fixed_point import INT8_VALUES, Integers, requantize
from ..graph import Graph, Operator
from ..quantization import INT8_MAX, INT16_ENDS, quantize_multiplier
from . import conditions, floats, lookup
from .call import Call, Value


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the input's by 2^22 or more, of int16 by 2^16 or
    more.
    """
    most = 16 if conditions.is_int16(graph, operator) else 22
    return quantize_multiplier(slope(graph, operator)).shift <= most


def slope(graph: Graph, operator: Operator) -> float:
    """Return the steps of the output per step of the input, but for rounding and clamping."""
    source = conditions.quantization(graph.input(operator, 0))
    return source.scale / conditions.quantization(graph.output(operator)).scale


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8, from -128 on."""
    source = conditions.quantization(graph.input(operator, 0))
    result = conditions.quantization(graph.output(operator))
    scaled = requantize(
        INT8_VALUES - source.zero_point, quantize_multiplier(slope(graph, operator))
    )
    return np.clip(scaled + result.zero_point, result.zero_point, INT8_MAX)


def float_call(graph: Graph, operator: Operator) -> Call:
    """Return the float kernel's call."""
    ends: dict[str, Value] = {"activation_min": 0.0, "activation_max": math.inf}
    return floats.activation_call("rectify", {"ends": ends}, graph, operator)


def int16_call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for int16."""
    multiplier = quantize_multiplier(slope(graph, operator))
    return lookup.rectify_int16(multiplier, (0, INT16_ENDS[1]), graph, operator)


DEFINITION = lookup.definition(table, moderate_scales, float_call=float_call, int16_call=int16_call)
