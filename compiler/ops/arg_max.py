"""ARG_MAX."""

from math import prod

from ..graph import ElementType, Graph, Operator
from .call import Call, CType, TensorArgument, kernel
from .conditions import constant_int32
from .definition import OperatorDefinition, no_macs, no_options, one_call


def int8_to_int32(graph: Graph, operator: Operator) -> bool:
    """The input must be int8 and the output int32."""
    types = graph.input(operator, 0).type, graph.output(operator).type
    return types == (ElementType.INT8, ElementType.INT32)


def constant_axis(graph: Graph, operator: Operator) -> bool:
    """The dimension must be a constant int32, and one that the input has."""
    axis = constant_int32(graph.input(operator, 1))
    rank = len(graph.input(operator, 0).shape)
    return axis is not None and len(axis) == 1 and -rank <= axis[0] < rank


def places_of_lines(graph: Graph, operator: Operator) -> bool:
    """The output must have the input's shape without the dimension."""
    outer, (_, *inner) = _around(graph, operator)
    return graph.output(operator).shape == (*outer, *inner)


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    outer, (extent, *inner) = _around(graph, operator)
    return kernel(
        "arg_max",
        {"outer": prod(outer), "extent": extent, "inner": prod(inner)},
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0], CType.INT32),
    )


def _around(graph: Graph, operator: Operator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the dimensions before the one that is searched, and it with those behind."""
    shape = graph.input(operator, 0).shape
    (axis,) = constant_int32(graph.input(operator, 1)) or (0,)
    axis %= len(shape)
    return shape[:axis], shape[axis:]


DEFINITION = OperatorDefinition(
    options_type=40,
    read_options=no_options,
    inputs=range(2, 3),
    rules=(),
    limits=(int8_to_int32, constant_axis, places_of_lines),
    macs=no_macs,
    lower=one_call(call),
)
