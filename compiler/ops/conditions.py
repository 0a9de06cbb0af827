"""Rules and limits that several operators share; each docstring is what the user reads."""

from functools import wraps

import numpy as np

from ..graph import ElementType, Graph, Operator, QuantizationParameters, Tensor
from ..quantization import INT8_MAX, INT8_MIN
from .definition import Condition


def quantization(tensor: Tensor) -> QuantizationParameters:
    """Return a tensor's quantisation where a condition has made sure that there is one."""
    if tensor.quantization is None:
        raise ValueError(f"'{tensor.name}' is not quantised")
    return tensor.quantization


def is_int8_activation(tensor: Tensor) -> bool:
    """Whether a tensor is int8 with one scale and a zero point that int8 can hold."""
    given = tensor.quantization
    return (
        tensor.type is ElementType.INT8
        and given is not None
        and given.per_tensor
        and INT8_MIN <= given.zero_point <= INT8_MAX
    )


def is_int16_activation(tensor: Tensor) -> bool:
    """Whether a tensor is int16 with one scale and the zero point 0."""
    given = tensor.quantization
    return (
        tensor.type is ElementType.INT16
        and given is not None
        and given.per_tensor
        and given.zero_point == 0
    )


def int8_input_and_output(graph: Graph, operator: Operator) -> bool:
    """The first input and the output must be int8, quantised with one scale and one zero point
    from -128 to 127: quantise the whole model to int8 when converting it.
    """
    return is_int8_activation(graph.input(operator, 0)) and is_int8_activation(
        graph.output(operator)
    )


def is_float(graph: Graph, operator: Operator) -> bool:
    """Whether the first input is float32."""
    return graph.input(operator, 0).type is ElementType.FLOAT32


def is_int16(graph: Graph, operator: Operator) -> bool:
    """Whether the first input is int16."""
    return graph.input(operator, 0).type is ElementType.INT16


def unless_float(condition: Condition) -> Condition:
    """Return `condition`, kept to by any operator whose first input is float32."""

    @wraps(condition)
    def kept(graph: Graph, operator: Operator) -> bool:
        return is_float(graph, operator) or condition(graph, operator)

    return kept


def int8_or_float(graph: Graph, operator: Operator) -> bool:
    """The first input and the output must both be float32, or both int8, quantised with one scale
    and one zero point from -128 to 127: quantise the whole model to int8 when converting it.
    """
    if is_float(graph, operator):
        return graph.output(operator).type is ElementType.FLOAT32
    return int8_input_and_output(graph, operator)


def int8_int16_or_float(graph: Graph, operator: Operator) -> bool:
    """The first input and the output must both be float32, or both int8 or both int16, quantised
    with one scale and one zero point, which is from -128 to 127 for int8 and 0 for int16: quantise
    the whole model when converting it.
    """
    if is_int16(graph, operator):
        ends = graph.input(operator, 0), graph.output(operator)
        return all(map(is_int16_activation, ends))
    return int8_or_float(graph, operator)


def int8_operands(graph: Graph, operator: Operator) -> bool:
    """Both inputs and the output must be int8, quantised with one scale and one zero point from
    -128 to 127: quantise the whole model to int8 when converting it.
    """
    return int8_input_and_output(graph, operator) and is_int8_activation(graph.input(operator, 1))


def same_quantization(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same scale and zero point, as the TFLite quantisation
    specification demands of this operator.
    """
    source = quantization(graph.input(operator, 0))
    result = quantization(graph.output(operator))
    return (source.scale, source.zero_point) == (result.scale, result.zero_point)


def same_shape(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same shape."""
    return graph.input(operator, 0).shape == graph.output(operator).shape


def four_dimensions(graph: Graph, operator: Operator) -> bool:
    """Input and output must have four dimensions: batch, height, width, depth."""
    return len(graph.input(operator, 0).shape) == 4 and len(graph.output(operator).shape) == 4


def same_batch(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same first dimension, the batch."""
    return graph.input(operator, 0).shape[0] == graph.output(operator).shape[0]


def constant_int32(tensor: Tensor) -> tuple[int, ...] | None:
    """Return the elements of a constant int32 tensor; None if it is none."""
    if tensor.data is None or tensor.type is not ElementType.INT32:
        return None
    return tuple(np.frombuffer(tensor.data, "<i4").tolist())


def same_movable_type(graph: Graph, operator: Operator) -> bool:
    """Input and output must both be int8, both int16, both int32 or both float32."""
    types = {graph.input(operator, 0).type, graph.output(operator).type}
    return len(types) == 1 and types <= MOVABLE


def same_int8_or_float(graph: Graph, operator: Operator) -> bool:
    """Input and output must both be int8 or both float32."""
    types = {graph.input(operator, 0).type, graph.output(operator).type}
    return types in ({ElementType.INT8}, {ElementType.FLOAT32})


MOVABLE = frozenset({ElementType.INT8, ElementType.INT16, ElementType.INT32, ElementType.FLOAT32})
