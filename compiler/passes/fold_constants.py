"""What is computed from constants alone is a constant."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from ..graph import ElementType, Graph, Operator, OperatorCode
from ..ops.conditions import constant_int32, quantization


def fold_constants(graph: Graph) -> Graph:
    """Return `graph` with the outputs of operators that read constants only computed.

    An output of the model is left alone: it lies in the arena.
    """
    tensors = list(graph.tensors)
    operators = []
    for operator in graph.operators:
        now = replace(graph, tensors=tuple(tensors))
        data = _computed(now, operator)
        if data is None:
            operators.append(operator)
        else:
            (result,) = operator.outputs
            tensors[result] = replace(tensors[result], data=data)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))


def _computed(graph: Graph, operator: Operator) -> bytes | None:
    """Return the bytes of an operator's output, None where they are not known here."""
    compute = _COMPUTED.get(operator.code)
    inputs = (graph.tensors[number] for number in operator.inputs if number is not None)
    used = any(number in graph.outputs for number in operator.outputs) or any(
        tensor.alias_of in operator.outputs for tensor in graph.tensors
    )
    if compute is None or used or not all(tensor.constant for tensor in inputs):
        return None
    return compute(graph, operator)


def _same(graph: Graph, operator: Operator) -> bytes | None:
    return graph.input(operator, 0).data


def _transposed(graph: Graph, operator: Operator) -> bytes | None:
    source, order = graph.input(operator, 0), constant_int32(graph.input(operator, 1))
    if order is None:
        return None
    raw = np.dtype(f"V{source.type.size}")
    values = np.frombuffer(source.data or b"", raw).reshape(source.shape)
    return values.transpose(order).tobytes()


def _dequantized(graph: Graph, operator: Operator) -> bytes | None:
    source = graph.input(operator, 0)
    if source.type is not ElementType.INT8:
        return None
    given = quantization(source)
    steps = np.frombuffer(source.data or b"", np.int8).astype(np.int32) - given.zero_point
    return (np.float32(given.scale) * steps.astype(np.float32)).astype("<f4").tobytes()


_COMPUTED: Mapping[OperatorCode, Callable[[Graph, Operator], bytes | None]] = {
    OperatorCode.RESHAPE: _same,
    OperatorCode.EXPAND_DIMS: _same,
    OperatorCode.SQUEEZE: _same,
    OperatorCode.TRANSPOSE: _transposed,
    OperatorCode.DEQUANTIZE: _dequantized,
}
