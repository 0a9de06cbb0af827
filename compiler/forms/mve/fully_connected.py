"""FULLY_CONNECTED by vectors of inputs, four channels at a time."""

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops import weights
from ...ops.call import Lowered, TensorArgument, kernel
from ..form import Form
from . import accumulators


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    filters = weights.int8_values(graph.input(operator, 1))
    output_depth, input_depth = filters.shape
    call = kernel(
        "fully_connected_mve",
        {
            "batches": graph.output(operator).elements // output_depth,
            "input_depth": input_depth,
            "output_depth": output_depth,
            "output": accumulators.output_members(graph, operator),
        },
        *accumulators.arguments(graph, operator, filters),
        TensorArgument("output", operator.outputs[0]),
    )
    return Lowered((call,))


FORM = Form("fully_connected_mve", accumulators.right_shifts, _lower)
