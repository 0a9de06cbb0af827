"""TRANSPOSE before a fully connected layer is another order of its weights."""

from dataclasses import replace

import numpy as np

from ..graph import Graph, Operator, OperatorCode
from ..ops.conditions import constant_int32
from ..ops.weights import int8_values
from .uses import sole_reader


def fold_transpose(graph: Graph) -> Graph:
    """Return `graph` with each TRANSPOSE of which one fully connected layer reads all folded.

    There may be reshapes between them, as aliases. The layer must have one row of input, so
    that each of its columns of weights belongs to one element.
    """
    for transpose in graph.operators:
        if transpose.code is OperatorCode.TRANSPOSE:
            graph = _folded(graph, transpose) or graph
    return graph


def _folded(graph: Graph, transpose: Operator) -> Graph | None:
    source, (result,) = transpose.inputs[0], transpose.outputs
    end = _end_of_aliases(graph, result)
    layer = sole_reader(graph, end)
    order = constant_int32(graph.input(transpose, 1))
    if source is None or layer is None or order is None or not _reads_all(graph, layer, end):
        return None
    filters = int8_values(graph.input(layer, 1))
    shape = graph.tensors[source].shape
    # Column k multiplied element k of the output, which is element places[k] of the input.
    places = np.arange(filters.shape[1]).reshape(shape).transpose(order).ravel()
    moved = np.empty_like(filters)
    moved[:, places] = filters
    old = graph.input(layer, 1)
    tensors = [*graph.tensors, replace(old, data=moved.tobytes())]
    # The layer reads the input itself, as one row.
    tensors.append(replace(graph.tensors[end], alias_of=source))
    inputs = (len(tensors) - 1, len(tensors) - 2, *layer.inputs[2:])
    return replace(
        graph,
        tensors=tuple(tensors),
        operators=tuple(
            replace(one, inputs=inputs) if one.index == layer.index else one
            for one in graph.operators
            if one.index != transpose.index
        ),
    )


def _end_of_aliases(graph: Graph, number: int) -> int:
    """Return the last of a chain of whole aliases, each with no other use."""
    while number not in graph.outputs:
        aliases = [n for n, tensor in enumerate(graph.tensors) if tensor.alias_of == number]
        read = any(number in operator.inputs for operator in graph.operators)
        whole = [n for n in aliases if graph.tensors[n].size == graph.tensors[number].size]
        if read or len(aliases) != 1 or len(whole) != 1:
            break
        number = whole[0]
    return number


def _reads_all(graph: Graph, layer: Operator, number: int) -> bool:
    """Whether a fully connected int8 layer reads all of `number` as one row."""
    if layer.code is not OperatorCode.FULLY_CONNECTED or layer.inputs[0] != number:
        return False
    filters = graph.input(layer, 1)
    return (
        filters.constant
        and filters.type.size == 1
        and filters.shape[1] == graph.tensors[number].elements
    )
