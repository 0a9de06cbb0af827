"""LEAKY_RELU."""

import math

import numpy as np

from ..fixed_point import INT8_VALUES, Integers, requantize
from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import LeakyReluOptions
from ..quantization import INT8_MAX, INT8_MIN, Multiplier, quantize_multiplier
from . import conditions, floats, lookup
from .call import Call


def read_options(table: Table) -> LeakyReluOptions:
    """Read the schema's LeakyReluOptions."""
    return LeakyReluOptions(alpha=table.real(0))


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """Alpha must be 0 or more, and the output's scale must not be smaller than the input's, or that
    times alpha, by 2^22 or more.
    """
    return _alpha(operator) >= 0 and all(m.shift <= 22 for m in _multipliers(graph, operator))


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8, from -128 on."""
    identity, alpha = _multipliers(graph, operator)
    x = INT8_VALUES - conditions.quantization(graph.input(operator, 0)).zero_point
    scaled = np.where(x >= 0, requantize(x, identity), requantize(x, alpha))
    zero_point = conditions.quantization(graph.output(operator)).zero_point
    return (scaled + zero_point).clip(INT8_MIN, INT8_MAX)


def _multipliers(graph: Graph, operator: Operator) -> tuple[Multiplier, Multiplier]:
    """Return how inputs from 0 on reach the output's scale, and how those below do.

    CalculateOpDataLeakyRelu divides in float32.
    """
    source = np.float32(conditions.quantization(graph.input(operator, 0)).scale)
    result = np.float32(conditions.quantization(graph.output(operator)).scale)
    with np.errstate(over="ignore", under="ignore"):
        alpha = float(source * np.float32(_alpha(operator)) / result)
        identity = float(source / result)
    return quantize_multiplier(identity), quantize_multiplier(alpha)


def _alpha(operator: Operator) -> float:
    if not isinstance(operator.options, LeakyReluOptions):
        raise TypeError(f"{operator} is no leaky relu")
    return operator.options.alpha if math.isfinite(operator.options.alpha) else -1.0


def float_call(graph: Graph, operator: Operator) -> Call:
    """Return the float kernel's call."""
    if not isinstance(operator.options, LeakyReluOptions):
        raise TypeError(f"{operator} is no leaky relu")
    return floats.activation_call("leaky_relu", {"alpha": operator.options.alpha}, graph, operator)


DEFINITION = lookup.definition(
    table,
    moderate_scales,
    float_call=float_call,
    options_type=75,
    read_options=read_options,
)
