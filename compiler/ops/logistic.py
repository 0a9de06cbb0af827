"""LOGISTIC."""

from functools import partial

from .. import fixed_point
from ..graph import Graph, Operator
from . import conditions, sigmoids

SIGMOID = sigmoids.Sigmoid(
    "logistic", fixed_point.logistic, fraction_bits=8, zero_point=-128, powers=(-12,)
)


def output_scale(graph: Graph, operator: Operator) -> bool:
    """The output must have scale 1/256 and zero point -128 if it is int8, as the TFLite
    quantisation specification demands of this operator.
    """
    if conditions.is_int16(graph, operator):
        return True
    result = conditions.quantization(graph.output(operator))
    return result.scale == 1 / 256 and result.zero_point == -128


table = partial(sigmoids.table, SIGMOID)

DEFINITION = sigmoids.definition(SIGMOID, output_scale)
