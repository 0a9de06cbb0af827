"""What PAD and PADV2 share: a fill, and the input copied into its middle."""

import numpy as np

from ..graph import ElementType, Graph, Operator
from ..machine import Machine
from . import conditions, strided
from .call import Lowered, TensorArgument
from .conditions import constant_int32
from .definition import Condition, OperatorDefinition, no_macs, no_options


def constant_paddings(graph: Graph, operator: Operator) -> bool:
    """The paddings must be constant int32, [dimensions, 2], none below 0."""
    source, paddings = graph.input(operator, 0), graph.input(operator, 1)
    given = constant_int32(paddings)
    return (
        given is not None
        and paddings.shape == (len(source.shape), 2)
        and min(given, default=0) >= 0
    )


def padded_shape(graph: Graph, operator: Operator) -> bool:
    """The output must be as large as the input with what is added before and after."""
    given = constant_int32(graph.input(operator, 1)) or ()
    source, result = graph.input(operator, 0).shape, graph.output(operator).shape
    return result == tuple(
        before + extent + after
        for before, extent, after in zip(given[::2], source, given[1::2], strict=True)
    )


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The input must have at most five dimensions."""
    return len(graph.input(operator, 0).shape) <= strided.RANK


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the fill and the copy."""
    source, result = graph.input(operator, 0), graph.output(operator)
    size, outside = source.type.size, strided.row_major(result.shape)
    before = (constant_int32(graph.input(operator, 1)) or ())[::2]
    first = sum(count * step for count, step in zip(before, outside, strict=True))
    inside = zip(source.shape, strided.row_major(source.shape), outside, strict=True)
    whole = TensorArgument("output", operator.outputs[0])
    return Lowered(
        (
            strided.fill(_value(graph, operator), result.elements, whole),
            strided.call(
                [strided.Loop(*loop) for loop in inside],
                size,
                TensorArgument("input", operator.inputs[0]),
                TensorArgument("output", operator.outputs[0], offset=first * size),
            ),
        )
    )


def definition(options_type: int, inputs: range, *limits: Condition) -> OperatorDefinition:
    """Return the definition of an operator of this kind."""
    return OperatorDefinition(
        options_type=options_type,
        read_options=no_options,
        inputs=inputs,
        rules=(),
        limits=(
            conditions.same_movable_type,
            few_dimensions,
            constant_paddings,
            padded_shape,
            *limits,
        ),
        macs=no_macs,
        lower=lower,
    )


def _value(graph: Graph, operator: Operator) -> bytes:
    """Return the element that is added: the one that is given, else 0.0."""
    given = graph.optional_input(operator, 2)
    if given is not None and given.data is not None:
        return given.data
    result = graph.output(operator)
    zero = result.quantization.zero_point if result.quantization else 0
    if result.type is ElementType.INT8:
        return np.int8(zero).tobytes()
    return bytes(result.type.size)
