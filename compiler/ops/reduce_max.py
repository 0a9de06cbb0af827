"""REDUCE_MAX."""

from ..graph import Graph, Operator
from . import conditions, reductions
from .call import Call, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    return kernel(
        "reduce_max",
        reductions.members(graph, operator),
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
        structure="reduction",
    )


DEFINITION = OperatorDefinition(
    options_type=27,
    read_options=reductions.read_options,
    inputs=range(2, 3),
    rules=(reductions.constant_axes, reductions.reduced_shape),
    limits=(
        conditions.int8_input_and_output,
        conditions.same_quantization,
        reductions.few_loops,
    ),
    macs=no_macs,
    lower=one_call(call),
)
