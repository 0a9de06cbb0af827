"""TRANSPOSE."""

from itertools import accumulate

import numpy as np

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import NoOptions
from . import conditions
from .call import Call, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call

RANK = 5
"""Most dimensions; TML_TRANSPOSE_RANK of the kernel."""


def read_options(table: Table) -> NoOptions:
    """Return nothing: the second input is the permutation."""
    return NoOptions()


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
    """Return the kernel's call."""
    source, order = graph.input(operator, 0).shape, _permutation(graph, operator)
    steps = list(accumulate(reversed(source[1:]), int.__mul__, initial=1))[::-1]
    missing = RANK - len(order)
    parameters = {
        "extent": (1,) * missing + tuple(source[axis] for axis in order),
        "step": (0,) * missing + tuple(steps[axis] for axis in order),
    }
    return kernel(
        "transpose",
        parameters,
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )


def _permutation(graph: Graph, operator: Operator) -> tuple[int, ...]:
    return tuple(np.frombuffer(graph.input(operator, 1).data or b"", "<i4").tolist())


DEFINITION = OperatorDefinition(
    options_type=26,
    read_options=read_options,
    inputs=range(2, 3),
    rules=(),
    limits=(
        conditions.int8_input_and_output,
        conditions.same_quantization,
        few_dimensions,
        constant_permutation,
        permutes,
    ),
    macs=no_macs,
    lower=one_call(call),
)
