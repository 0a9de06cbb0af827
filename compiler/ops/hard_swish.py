"""HARD_SWISH: x * clamp(x / 6 + 1/2, 0, 1), in 16 bits as the reference has it."""

from typing import NamedTuple

import numpy as np

from ..fixed_point import INT8_VALUES, Integers, rounding_shift
from ..graph import Graph, Operator
from ..quantization import INT8_MAX, INT8_MIN, quantize_multiplier
from . import conditions, floats, lookup
from .call import Call

_RAISED_BITS = 7
"""By which the input is raised, to use 16 bits."""

_INT16 = -(1 << 15), (1 << 15) - 1


class _Multiplier16(NamedTuple):
    """real = value * 2^(shift - 15)."""

    value: int
    shift: int


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must be above a 128th of the input's, as the reference demands, and below
    2^8 times it; the input's must be above 2^-18 and below 2^8.
    """
    output, reluish = _multipliers(graph, operator)
    return -15 <= output.shift <= 0 and -15 <= reluish.shift <= 15


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8, from -128 on."""
    output, reluish = _multipliers(graph, operator)
    x = INT8_VALUES - conditions.quantization(graph.input(operator, 0)).zero_point
    raised = x << _RAISED_BITS
    gate = raised
    if reluish.shift > 0:
        gate = _left(gate, reluish.shift - 1)
    gate = _high_mul(gate, reluish.value)
    gate = _left(gate, 1) if reluish.shift > 0 else rounding_shift(gate, -reluish.shift)
    gate = (gate + (1 << 15)) >> 1
    product = gate * _high_mul(raised, output.value)
    truncated = np.sign(product) * (np.abs(product) >> 15)
    result = rounding_shift(truncated, -output.shift)
    zero_point = conditions.quantization(graph.output(operator)).zero_point
    return (result + zero_point).clip(INT8_MIN, INT8_MAX)


def _multipliers(graph: Graph, operator: Operator) -> tuple[_Multiplier16, _Multiplier16]:
    """Return what takes the raised input to the output's scale, and to that of the gate.

    HardSwishPrepare divides in float32.
    """
    source = np.float32(conditions.quantization(graph.input(operator, 0)).scale)
    result = np.float32(conditions.quantization(graph.output(operator)).scale)
    with np.errstate(over="ignore", under="ignore"):
        raised = np.float32(1 / (1 << _RAISED_BITS)) * source
        quotients = float(raised / result), float(raised / np.float32(3 / 32768))
    output, reluish = (_narrowed(quotient) for quotient in quotients)
    return output, reluish


def _narrowed(real: float) -> _Multiplier16:
    """DownScaleInt32ToInt16Multiplier."""
    value, shift = quantize_multiplier(real)
    return _Multiplier16(min((value + (1 << 15)) >> 16, _INT16[1]), shift)


def _high_mul(a: Integers, b: int) -> Integers:
    """Return a * b / 2^15, to nearest, ties up."""
    return (a * b + (1 << 14)) >> 15


def _left(x: Integers, exponent: int) -> Integers:
    return (x << exponent).clip(*_INT16)


def float_call(graph: Graph, operator: Operator) -> Call:
    """Return the float kernel's call."""
    return floats.activation_call("hard_swish", {}, graph, operator)


DEFINITION = lookup.definition(table, moderate_scales, float_call=float_call, options_type=91)
