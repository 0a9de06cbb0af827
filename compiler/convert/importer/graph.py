"""The walk through an ONNX graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from ..errors import UnsupportedSource
from ..original import Port
from .node import Constant, Input, Node
from .operators import OPERATORS, QUANTISED, SPATIAL, TRANSPARENT
from .value import Axes, Value, channels_last


@dataclass(frozen=True, slots=True)
class Imported:
    """The Keras model, and how its inputs and outputs compare with ONNX's."""

    network: Any
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def import_model(model: onnx.ModelProto) -> Imported:
    """Return a checked ONNX model of fixed batch as a Keras model.

    Raises `UnsupportedSource`, naming all operators that are not imported, or the first
    node whose form is not.
    """
    _check_operators(model)
    graph = model.graph
    opset = max((one.version for one in model.opset_import if one.domain in _STANDARD), default=1)
    found: dict[str, Input] = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }
    ports, tensors = [], []
    for given in graph.input:
        if given.name not in found:
            port = _port(graph, given)
            tensor = keras.Input(port.converted_shape[1:], dtype=port.dtype.name, name=_word(port))
            found[given.name] = Value(tensor, port.order)
            ports.append(port)
            tensors.append(tensor)
    for index, node in enumerate(graph.node):
        results = _import(_node(node, index, opset, found), node, model)
        found.update(zip(node.output, results, strict=False))
    outputs = [_output(made.name, found[made.name]) for made in graph.output]
    network = keras.Model(tensors, [value.tensor for _, value in outputs])
    return Imported(network, tuple(ports), tuple(port for port, _ in outputs))


_STANDARD = ("", "ai.onnx")


def _check_operators(model: onnx.ModelProto) -> None:
    """Raise for operators that are not imported, all of them at once."""
    used = {node.op_type for node in model.graph.node if node.domain in _STANDARD}
    strange = {f"{node.domain}.{node.op_type}" for node in model.graph.node} - {
        f"{domain}.{name}" for domain in _STANDARD for name in used
    }
    if used & QUANTISED:
        raise UnsupportedSource(
            f"the ONNX model is quantised already ({', '.join(sorted(used & QUANTISED))});"
            " give the float model: it is quantised here, from calibration data"
        )
    strange |= {name for name in used - OPERATORS.keys() if not _always_constant(name, model)}
    if strange:
        raise UnsupportedSource(
            f"ONNX operators that are not imported: {', '.join(sorted(strange))}."
            f" Imported are {', '.join(OPERATORS)}, and all that have only constant inputs"
        )


def _always_constant(name: str, model: onnx.ModelProto) -> bool:
    """Tell whether all nodes of an operator read constants only, through other such nodes."""
    constant = {tensor.name for tensor in model.graph.initializer} | {""}
    for node in model.graph.node:
        if node.op_type == "Shape" or constant.issuperset(node.input):
            constant.update(node.output)
        elif node.op_type == name:
            return False
    return True


def _node(node: onnx.NodeProto, index: int, opset: int, found: dict[str, Input]) -> Node:
    return Node(
        operator=node.op_type,
        name=node.name,
        index=index,
        opset=opset,
        attributes={one.name: helper.get_attribute_value(one) for one in node.attribute},
        inputs=[found[name] if name else None for name in node.input],
        outputs=len(node.output),
    )


def _import(node: Node, proto: onnx.NodeProto, model: onnx.ModelProto) -> Sequence[Input]:
    """Return a node's outputs; what reads constants only is computed now."""
    if not any(isinstance(one, Value) for one in node.inputs):
        return _folded(node, proto, model)
    try:
        result = OPERATORS[node.operator](node)
    except UnsupportedSource:
        raise
    except Exception as error:  # Keras refuses forms by exceptions of many kinds
        raise node.refuse(f"Keras cannot express it: {' '.join(str(error).split())[:300]}") from (
            error
        )
    return [result] if isinstance(result, (Value, np.ndarray)) else result


def _folded(node: Node, proto: onnx.NodeProto, model: onnx.ModelProto) -> list[Constant]:
    feeds = {
        name: given
        for name, given in zip(proto.input, node.inputs, strict=True)
        if name and given is not None
    }
    values = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(given.dtype), given.shape
        )
        for name, given in feeds.items()
        if isinstance(given, np.ndarray)
    ]
    results = [onnx.ValueInfoProto(name=name) for name in proto.output]
    alone = helper.make_model(
        helper.make_graph([proto], "constants", values, results), opset_imports=model.opset_import
    )
    try:
        return [np.asarray(made) for made in ReferenceEvaluator(alone).run(None, feeds)]
    except Exception as error:  # the reference implementation raises whatever NumPy does
        raise node.refuse(f"its constants cannot be computed: {error}") from error


def _port(graph: onnx.GraphProto, given: onnx.ValueInfoProto) -> Port:
    kind = given.type.tensor_type
    dimensions = kind.shape.dim
    shape = [dimension.dim_value for dimension in dimensions]
    if not shape:
        raise UnsupportedSource(f"ONNX input {given.name!r} is a scalar; it has no batch")
    for position, (extent, dimension) in enumerate(zip(shape, dimensions, strict=True)):
        if extent < 1:
            raise UnsupportedSource(
                f"ONNX input {given.name!r} has no fixed size in dimension {position}"
                f" ({dimension.dim_param or 'unknown'}); export the model with a fixed input"
                " shape, only the batch may vary"
            )
    dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
    if dtype not in (np.float32, np.int32, np.int64):
        raise UnsupportedSource(f"ONNX input {given.name!r} has type {dtype}; float32 is converted")
    return Port(given.name, tuple(shape), dtype, _wanted_order(graph, given.name, len(shape)))


def _wanted_order(graph: onnx.GraphProto, name: str, rank: int) -> Axes:
    """Return how the first operator that cares wants the axes of an input to lie."""
    plain = tuple(range(rank))
    reached: dict[str, Axes] = {name: plain}
    for node in graph.node:
        axes = next((reached[one] for one in node.input if one in reached), None)
        if axes is None:
            continue
        if node.op_type in SPATIAL:
            wished = tuple(axes[axis] for axis in channels_last(rank))
            return wished if wished[0] == 0 else plain
        if node.op_type not in TRANSPARENT:
            continue
        for one in node.attribute:
            if node.op_type == "Transpose" and one.name == "perm":
                axes = tuple(axes[axis] for axis in one.ints)
        reached.update(dict.fromkeys(node.output, axes))
    return plain


def _output(name: str, value: Input) -> tuple[Port, Value]:
    if not isinstance(value, Value):
        raise UnsupportedSource(f"ONNX output {name!r} does not depend on the model's inputs")
    if value.axes != channels_last(value.rank) or value.block is not None:
        value = value.in_order()
    # A name of its own for each output, that of the last layer is no one's promise.
    dtype = np.dtype(value.tensor.dtype)
    return Port(name, value.shape, dtype, value.axes), value


def _word(port: Port) -> str:
    """Return the name of an input as Keras takes names."""
    return "".join(letter if letter.isalnum() else "_" for letter in port.name) or "input"
