"""BROADCAST_TO: dimensions of 1 repeated."""

from ..graph import Graph, Operator
from . import conditions, strided
from .broadcast import broadcasts_to
from .call import Call, TensorArgument
from .definition import OperatorDefinition, no_macs, no_options, one_call


def broadcasts(graph: Graph, operator: Operator) -> bool:
    """The output's shape must be the input's with dimensions of 1 repeated or put before."""
    source, result = graph.input(operator, 0).shape, graph.output(operator).shape
    return broadcasts_to(source, result, result)


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The output must have at most five dimensions."""
    return len(graph.output(operator).shape) <= strided.RANK


def call(graph: Graph, operator: Operator) -> Call:
    """Return the copy with steps of 0."""
    source, result = graph.input(operator, 0), graph.output(operator)
    steps = [
        step if extent > 1 else 0
        for extent, step in zip(source.shape, strided.row_major(source.shape), strict=True)
    ]
    missing = len(result.shape) - len(steps)
    return strided.call(
        strided.reading(result.shape, [0] * missing + steps),
        source.type.size,
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )


DEFINITION = OperatorDefinition(
    options_type=104,
    read_options=no_options,
    inputs=range(2, 3),
    rules=(broadcasts,),
    limits=(conditions.same_movable_type, few_dimensions),
    macs=no_macs,
    lower=one_call(call),
)
