"""What ADD and SUB share, which is all but the sign."""

from functools import partial
from typing import NamedTuple

from ..fixed_point import Integers, requantize
from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, elementwise
from .call import Call, CType, Value
from .definition import OperatorDefinition, no_macs, one_call
from .weights import clamp

LEFT_SHIFT = 20
"""Bits by which both inputs are raised before they are brought to one scale."""

INT16_LEFT_SHIFT = 15
"""Those of int16."""


class Multipliers(NamedTuple):
    """How both inputs reach the common scale, and how their sum reaches the output's."""

    first: Multiplier
    second: Multiplier
    output: Multiplier


class Sum(NamedTuple):
    """The reference's sum or difference (`sign` -1) of two int8; `ends` are the clamp's."""

    multipliers: Multipliers
    sign: int
    zero_points: tuple[int, int, int]
    ends: tuple[int, int]

    def outputs(self, first: Integers, second: Integers) -> Integers:
        """Return the reference's output for each pair."""
        terms = (
            requantize((x - zero_point) << LEFT_SHIFT, multiplier)
            for x, zero_point, multiplier in zip(
                (first, second), self.zero_points, self.multipliers, strict=False
            )
        )
        one, two = terms
        total = requantize(one + self.sign * two, self.multipliers.output)
        return (total + self.zero_points[2]).clip(*self.ends)

    @property
    def factors(self) -> tuple[float, float]:
        """Steps of the output per step of each input, but for rounding."""
        first, second, output = (multiplier.real for multiplier in self.multipliers)
        raised = output * (1 << LEFT_SHIFT)
        return first * raised, self.sign * second * raised

    def slope(self, position: int, _other: int) -> float:
        """Return the factor of one input, whatever the other is."""
        return self.factors[position]


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must be more than 2^-19 of the greater input scale, more than 2^-14 for
    int16: the reference takes no other.
    """
    if conditions.is_float(graph, operator):
        return True
    output = _multipliers(graph, operator).output
    return output.shift <= 0 and output.value > 0


def sum_of(sign: int, graph: Graph, operator: Operator) -> Sum:
    """Return what the operator computes."""
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    first, second, output = (conditions.quantization(tensor).zero_point for tensor in tensors)
    zero_points = first, second, output
    return Sum(_multipliers(graph, operator), sign, zero_points, clamp(graph, operator))


def definition(options_type: int, sign: int) -> OperatorDefinition:
    """Return the definition of the operator that adds (`sign` 1) or subtracts (-1)."""
    return OperatorDefinition(
        options_type=options_type,
        read_options=elementwise.read_options,
        inputs=range(2, 3),
        rules=(),
        limits=(
            elementwise.int8_int16_or_float_operands,
            elementwise.shapes_match,
            elementwise.few_dimensions,
            moderate_scales,
        ),
        macs=no_macs,
        lower=one_call(partial(_call, sign), elementwise.overlaps),
    )


def _call(sign: int, graph: Graph, operator: Operator) -> Call:
    if conditions.is_float(graph, operator):
        return elementwise.float_arithmetic(operator.name.lower(), graph, operator)
    if conditions.is_int16(graph, operator):
        return _int16_call(sign, graph, operator)
    given = sum_of(sign, graph, operator)
    first, second, output = given.zero_points
    low, high = given.ends
    parameters: dict[str, Value] = {
        "left_shift": LEFT_SHIFT,
        "sign": given.sign,
        "first": _addend(first, given.multipliers.first),
        "second": _addend(second, given.multipliers.second),
        "output_offset": output,
        "output_multiplier": given.multipliers.output.value,
        "output_shift": given.multipliers.output.shift,
        "activation_min": low,
        "activation_max": high,
    }
    return elementwise.call("add", parameters, graph, operator)


def _int16_call(sign: int, graph: Graph, operator: Operator) -> Call:
    first, second, output = _multipliers(graph, operator)
    low, high = clamp(graph, operator)
    parameters: dict[str, Value] = {
        "left_shift": INT16_LEFT_SHIFT,
        "sign": sign,
        "first_multiplier": first.value,
        "first_shift": first.shift,
        "second_multiplier": second.value,
        "second_shift": second.shift,
        "output_multiplier": output.value,
        "output_shift": output.shift,
        "activation_min": low,
        "activation_max": high,
    }
    return elementwise.call("add_int16", parameters, graph, operator, type_=CType.INT16)


def _addend(zero_point: int, multiplier: Multiplier) -> dict[str, Value]:
    return {"offset": -zero_point, "multiplier": multiplier.value, "shift": multiplier.shift}


def _multipliers(graph: Graph, operator: Operator) -> Multipliers:
    first = conditions.quantization(graph.input(operator, 0)).scale
    second = conditions.quantization(graph.input(operator, 1)).scale
    common = 2 * max(first, second)
    output = conditions.quantization(graph.output(operator)).scale
    left_shift = INT16_LEFT_SHIFT if conditions.is_int16(graph, operator) else LEFT_SHIFT
    return Multipliers(
        quantize_multiplier(first / common),
        quantize_multiplier(second / common),
        quantize_multiplier(common / ((1 << left_shift) * output)),
    )
