"""What LOGISTIC and TANH share, which is all but the function and the output's scale."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ..fixed_point import INT8_VALUES, Integers, high_mul, rounding_shift
from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, floats, overlap, sigmoids_int16
from .call import Call, TensorArgument, kernel
from .definition import Condition, OperatorDefinition, no_macs, one_call
from .lookup import no_options

INTEGER_BITS = 4
"""Bits before the binary point of the function's argument."""

_NO_OPTIONS = 0


class Sigmoid(NamedTuple):
    """A function from Q4.27 to Q0.31, and how its value becomes int8.

    `fraction_bits` are those of the output's scale, a power of 2. `powers` are those of int16
    scales for which the reference only shifts.
    """

    kernel: str
    function: Callable[[Integers], Integers]
    fraction_bits: int
    zero_point: int
    powers: tuple[int, ...]


def moderate_scale(graph: Graph, operator: Operator) -> bool:
    """The input's scale must be above 2^-26 and below 8; of int16 below 8/3, and not 2^0.001 times
    a power of 2, where the reference may take it for that power.
    """
    if conditions.is_int16(graph, operator):
        return sigmoids_int16.moderate_scale(graph, operator)
    return 2**-26 < conditions.quantization(graph.input(operator, 0)).scale < 8


def unit_int16(graph: Graph, operator: Operator) -> bool:
    """The output of an int16 input must have scale 1/32768."""
    wide = conditions.is_int16(graph, operator)
    return not wide or conditions.quantization(graph.output(operator)).scale == 1 / 32768


def table(sigmoid: Sigmoid, graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8, from -128 on."""
    zero_point = conditions.quantization(graph.input(operator, 0)).zero_point
    multiplier, radius = _multiplier(graph, operator), _radius(graph, operator)
    x = INT8_VALUES - zero_point
    inside = np.where(np.abs(x) < radius, x, 0)
    argument = high_mul(inside << multiplier.shift, multiplier.value)
    y = rounding_shift(sigmoid.function(argument), 31 - sigmoid.fraction_bits)
    y = (y + sigmoid.zero_point).clip(-128, 127)
    return np.where(x <= -radius, -128, np.where(x >= radius, 127, y))


def definition(sigmoid: Sigmoid, output_scale: Condition) -> OperatorDefinition:
    """Return the definition of what computes `sigmoid`."""
    limits = map(conditions.unless_float, (output_scale, unit_int16, moderate_scale))
    return OperatorDefinition(
        options_type=_NO_OPTIONS,
        read_options=no_options,
        inputs=range(1, 2),
        rules=(conditions.same_shape,),
        limits=(conditions.int8_int16_or_float, *limits),
        macs=no_macs,
        lower=one_call(partial(_call, sigmoid), overlap.in_place),
    )


def _call(sigmoid: Sigmoid, graph: Graph, operator: Operator) -> Call:
    if conditions.is_float(graph, operator):
        return floats.activation_call(sigmoid.kernel, {}, graph, operator)
    if conditions.is_int16(graph, operator):
        return sigmoids_int16.call(sigmoid.kernel, sigmoid.powers, graph, operator)
    source = graph.input(operator, 0)
    multiplier = _multiplier(graph, operator)
    parameters = {
        "elements": source.elements,
        "input_offset": -conditions.quantization(source).zero_point,
        "multiplier": multiplier.value,
        "left_shift": multiplier.shift,
        "radius": _radius(graph, operator),
    }
    input_, output = operator.inputs[0], operator.outputs[0]
    arguments = TensorArgument("input", input_), TensorArgument("output", output)
    call = kernel(sigmoid.kernel, parameters, *arguments, structure="sigmoid")
    return replace(call, sources=(*call.sources, "fixed_point.c"))


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    scale = conditions.quantization(graph.input(operator, 0)).scale
    return quantize_multiplier(scale * (1 << (31 - INTEGER_BITS)))


def _radius(graph: Graph, operator: Operator) -> int:
    """CalculateInputRadius: from it on, the function's value is its end."""
    reach = ((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS))
    return math.floor(reach / (1 << _multiplier(graph, operator).shift))
