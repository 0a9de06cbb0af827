"""RELU, which may also bring its input to another scale."""

import math

import numpy as np

from ..fixed_point import INT8_VALUES, Integers, requantize
from ..graph import Graph, Operator
from ..quantization import INT8_MAX, quantize_multiplier
from . import conditions, floats, lookup
from .call import Call, Value


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the input's by 2^22 or more."""
    return quantize_multiplier(slope(graph, operator)).shift <= 22


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


DEFINITION = lookup.definition(table, moderate_scales, float_call=float_call)
