"""Conditions of layers whose weights have a row for each output channel."""

from ..graph import Graph, Operator
from . import conditions, weights, weights_int16


def scales_match(graph: Graph, operator: Operator) -> bool:
    """The weights must have one scale in all or one per output channel (dimension 0)."""
    if conditions.is_float(graph, operator):
        return True
    given = conditions.quantization(graph.input(operator, 1))
    return given.per_tensor or given.axis == 0


def accumulators(graph: Graph, operator: Operator) -> bool:
    """Weights and bias must be small enough for 32-bit accumulators, whatever the input, for 48-bit
    ones if that is int16.
    """
    if conditions.is_float(graph, operator):
        return True
    filters = weights.int8_values(graph.input(operator, 1))
    wide = conditions.is_int16(graph, operator)
    fit = weights_int16.accumulators_fit if wide else weights.accumulators_fit
    return fit(graph, operator, filters.reshape(filters.shape[0], -1))
