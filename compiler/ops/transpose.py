"""TRANSPOSE."""

from ..graph import ElementType, Graph, Operator
from . import conditions, strided
from .call import Call, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, no_options, one_call
from .reshape import same_quantization

RANK = 5
"""Most dimensions; TML_TRANSPOSE_RANK of the kernel."""


def movable_type(graph: Graph, operator: Operator) -> bool:
    """Input and output must both be int8, both int16 or both float32."""
    types = {graph.input(operator, 0).type, graph.output(operator).type}
    return types in ({ElementType.INT8}, {ElementType.INT16}, {ElementType.FLOAT32})


def constant_permutation(graph: Graph, operator: Operator) -> bool:
    """The permutation must be constant and int32."""
    order = graph.input(operator, 1)
    return order.constant and order.type is ElementType.INT32


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The input must have at most five dimensions."""
    return len(graph.input(operator, 0).shape) <= RANK


def permutes(graph: Graph, operator: Operator) -> bool:
    """The permutation must name each dimension of the input once, and the output's shape must be
    the input's in that order.
    """
    source, order = graph.input(operator, 0).shape, _permutation(graph, operator)
    return (
        sorted(order) == list(range(len(source)))
        and tuple(source[axis] for axis in order) == graph.output(operator).shape
    )


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call; its own where every byte goes alone."""
    source, result = graph.input(operator, 0), graph.output(operator)
    steps = strided.row_major(source.shape)
    loops = strided.reading(result.shape, [steps[n] for n in _permutation(graph, operator)])
    outer, block = strided.merged(loops, source.type.size)
    ends = (
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )
    if block > 1 or not outer:
        return strided.call(loops, source.type.size, *ends)
    missing = RANK - len(outer)
    parameters = {
        "extent": (1,) * missing + tuple(loop.extent for loop in outer),
        "step": (0,) * missing + tuple(loop.input for loop in outer),
    }
    return kernel("transpose", parameters, *ends)


def _permutation(graph: Graph, operator: Operator) -> tuple[int, ...]:
    return conditions.constant_int32(graph.input(operator, 1)) or ()


DEFINITION = OperatorDefinition(
    options_type=26,
    read_options=no_options,
    inputs=range(2, 3),
    rules=(),
    limits=(
        movable_type,
        same_quantization,
        few_dimensions,
        constant_permutation,
        permutes,
    ),
    macs=no_macs,
    lower=one_call(call),
)
