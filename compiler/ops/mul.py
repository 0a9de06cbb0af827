"""MUL."""

from typing import NamedTuple

from ..fixed_point import Integers, requantize
from ..graph import Graph, Operator
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, elementwise
from .call import Call, CType, Value
from .definition import OperatorDefinition, no_macs, one_call
from .weights import clamp


class Product(NamedTuple):
    """The reference's product of two int8; `ends` are the clamp's."""

    multiplier: Multiplier
    zero_points: tuple[int, int, int]
    ends: tuple[int, int]

    def outputs(self, first: Integers, second: Integers) -> Integers:
        """Return the reference's output for each pair."""
        return self.scaled((first - self.zero_points[0]) * (second - self.zero_points[1]))

    def scaled(self, product: Integers) -> Integers:
        """Return the reference's output for each product of inputs without their zero points."""
        result = requantize(product, self.multiplier) + self.zero_points[2]
        return result.clip(*self.ends)

    def slope(self, position: int, other: int) -> float:
        """Return the steps of the output per step of one input where the other is fixed."""
        return self.multiplier.real * (other - self.zero_points[1 - position])


def moderate_scale(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the product of the inputs' by 2^15 or more, for
    int16 at all.
    """
    # A product of 255 times 255 keeps to 32 bits when it is raised by 15, one of int16 as it is.
    most = 0 if conditions.is_int16(graph, operator) else 15
    return (
        conditions.is_float(graph, operator) or product_of(graph, operator).multiplier.shift <= most
    )


def product_of(graph: Graph, operator: Operator) -> Product:
    """Return what the operator computes."""
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    first, second, output = (conditions.quantization(tensor) for tensor in tensors)
    return Product(
        quantize_multiplier(first.scale * second.scale / output.scale),
        (first.zero_point, second.zero_point, output.zero_point),
        clamp(graph, operator),
    )


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the inputs' type."""
    if conditions.is_float(graph, operator):
        return elementwise.float_arithmetic("mul", graph, operator)
    given = product_of(graph, operator)
    first, second, output = given.zero_points
    low, high = given.ends
    if conditions.is_int16(graph, operator):
        members: dict[str, Value] = {
            "multiplier": given.multiplier.value,
            "shift": given.multiplier.shift,
            "activation_min": low,
            "activation_max": high,
        }
        return elementwise.call("mul_int16", members, graph, operator, type_=CType.INT16)
    parameters: dict[str, Value] = {
        "first_offset": -first,
        "second_offset": -second,
        "output_offset": output,
        "output_multiplier": given.multiplier.value,
        "output_shift": given.multiplier.shift,
        "activation_min": low,
        "activation_max": high,
    }
    return elementwise.call("mul", parameters, graph, operator)


DEFINITION = OperatorDefinition(
    options_type=21,
    read_options=elementwise.read_options,
    inputs=range(2, 3),
    rules=(),
    limits=(
        elementwise.int8_int16_or_float_operands,
        elementwise.shapes_match,
        elementwise.few_dimensions,
        moderate_scale,
    ),
    macs=no_macs,
    lower=one_call(call, elementwise.overlaps),
)
