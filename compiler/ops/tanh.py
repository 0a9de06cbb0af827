"""TANH."""

from functools import partial

from .. import fixed_point
from ..graph import Graph, Operator
from . import conditions, sigmoids

SIGMOID = sigmoids.Sigmoid(
    "tanh", fixed_point.tanh, fraction_bits=7, zero_point=0, powers=(-12, -11)
)


def output_scale(graph: Graph, operator: Operator) -> bool:
    """The output must have scale 1/128 and zero point 0 if it is int8, as the TFLite quantisation
    specification demands of this operator.
    """
    if conditions.is_int16(graph, operator):
        return True
    result = conditions.quantization(graph.output(operator))
    return result.scale == 1 / 128 and result.zero_point == 0


table = partial(sigmoids.table, SIGMOID)

DEFINITION = sigmoids.definition(SIGMOID, output_scale)
