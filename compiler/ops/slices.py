"""SLICE: a box out of a tensor (the name `slice` is Python's)."""

from ..graph import Graph, Operator
from . import conditions, strided
from .call import Call, TensorArgument
from .definition import OperatorDefinition, no_macs, no_options, one_call


def constant_box(graph: Graph, operator: Operator) -> bool:
    """Begin and size must be constant int32 vectors with one element per dimension of the input."""
    rank = len(graph.input(operator, 0).shape)
    boxes = (conditions.constant_int32(graph.input(operator, n)) for n in (1, 2))
    return all(box is not None and len(box) == rank for box in boxes)


def box_is_output(graph: Graph, operator: Operator) -> bool:
    """The box must lie within the input and have the output's shape; a size of -1 is all that
    is left.
    """
    source, result = graph.input(operator, 0).shape, graph.output(operator).shape
    begin, size = (conditions.constant_int32(graph.input(operator, n)) or () for n in (1, 2))
    if len(result) != len(source):
        return False
    return all(
        start >= 0 and start + extent <= whole and told in (-1, extent)
        and (told != -1 or start + extent == whole)
        for start, told, whole, extent in zip(begin, size, source, result, strict=True)
    )  # fmt: skip


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The input must have at most five dimensions."""
    return len(graph.input(operator, 0).shape) <= strided.RANK


def call(graph: Graph, operator: Operator) -> Call:
    """Return the copy of the box."""
    source, result = graph.input(operator, 0), graph.output(operator)
    steps = strided.row_major(source.shape)
    begin = conditions.constant_int32(graph.input(operator, 1)) or ()
    first = sum(start * step for start, step in zip(begin, steps, strict=True))
    return strided.call(
        strided.reading(result.shape, steps),
        source.type.size,
        TensorArgument("input", operator.inputs[0], offset=first * source.type.size),
        TensorArgument("output", operator.outputs[0]),
    )


DEFINITION = OperatorDefinition(
    options_type=48,
    read_options=no_options,
    inputs=range(3, 4),
    rules=(),
    limits=(conditions.same_movable_type, few_dimensions, constant_box, box_is_output),
    macs=no_macs,
    lower=one_call(call),
)
