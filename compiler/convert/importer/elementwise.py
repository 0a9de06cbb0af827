"""ONNX operators that compute each element by itself, and Softmax."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from keras import layers, ops

from .node import Constant, Node
from .value import Value

_UNARY: Final[dict[str, tuple[Callable[[Any], Any], float | None]]] = {
    "Abs": (ops.abs, 0.0),
    "Exp": (ops.exp, 0.0),
    "Log": (ops.log, None),
    "Neg": (ops.negative, None),
    "Relu": (ops.relu, 0.0),
    "Sigmoid": (ops.sigmoid, 0.0),
    "Sqrt": (ops.sqrt, 0.0),
    "Tanh": (ops.tanh, -1.0),
}
"""The function of each operator, and a bound that no result is below."""

_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "Add": ops.add,
    "Div": ops.divide,
    "Max": ops.maximum,
    "Min": ops.minimum,
    "Mul": ops.multiply,
    "Sub": ops.subtract,
    "Sum": ops.add,
}


def unary(node: Node) -> Value:
    """Import Abs, Exp, Log, Neg, Relu, Sigmoid, Sqrt, Tanh."""
    function, low = _UNARY[node.operator]
    value = node.value()
    return value.with_tensor(function(value.tensor), low)


def identity(node: Node) -> Value:
    """Import Identity and Dropout, which does nothing when a model is used."""
    if node.outputs > 1:
        raise node.refuse("its mask output is not imported")
    return node.value()


def cast(node: Node) -> Value:
    """Import Cast between types of floating point, which are all float32 here."""
    if int(node.attributes.get("to", 1)) not in (1, 10, 11, 16):  # FLOAT, FLOAT16, DOUBLE, BFLOAT16
        raise node.refuse("a cast to integers is not imported")
    value = node.value()
    return value.with_tensor(ops.cast(value.tensor, "float32"), value.low)


def binary(node: Node) -> Value:
    """Import Add, Div, Max, Min, Mul, Sub, Sum; operands broadcast as in ONNX."""
    function = _BINARY[node.operator]
    # The one of the highest rank says how the axes of all lie.
    leader = max((one for one in node.inputs if isinstance(one, Value)), key=lambda one: one.rank)
    if any(
        isinstance(one, Value) or (one is not None and one.size > 1)
        for one in node.inputs
        if one is not leader
    ):
        leader = leader.laid(leader.axes)
    result, *others = (_operand(one, leader) for one in node.inputs if one is not None)
    for other in others:
        result = function(result, other)
    return leader.with_tensor(result)


def _operand(operand: Value | Constant, leader: Value) -> Any:
    """Return an operand with as many axes as the leader has, lying as its do."""
    if isinstance(operand, Value):
        if operand.rank == leader.rank:
            return operand.laid(leader.axes).tensor
        operand = operand.in_order()
        extents = (1,) * (leader.rank - operand.rank) + operand.shape
        tensor = layers.Reshape(extents[1:])(operand.tensor)
        return Value.plain(tensor).laid(leader.axes).tensor
    if operand.ndim > leader.rank:
        raise ValueError("a constant of more dimensions than the value has")
    extents = (1,) * (leader.rank - operand.ndim) + operand.shape
    if extents[0] != 1:
        raise ValueError("a constant with a batch of its own")
    return operand.reshape(extents).transpose(leader.axes).astype(np.float32)


def clip(node: Node) -> Value:
    """Import Clip."""
    value = node.value()
    bounds = (node.setting("min", 1), node.setting("max", 2))
    low, high = (None if bound is None else float(bound.reshape(())) for bound in bounds)
    tensor = value.tensor
    if (low, high) == (0.0, 6.0):
        tensor = ops.relu6(tensor)
    else:
        if low is not None and low > np.finfo(np.float32).min:
            tensor = ops.relu(tensor) if low == 0 else ops.maximum(tensor, np.float32(low))
        if high is not None and high < np.finfo(np.float32).max:
            tensor = ops.minimum(tensor, np.float32(high))
    return value.with_tensor(tensor, value.low if low is None else low)


def leaky_relu(node: Node) -> Value:
    """Import LeakyRelu."""
    value = node.value()
    slope = float(node.attributes.get("alpha", 0.01))
    return value.with_tensor(ops.leaky_relu(value.tensor, negative_slope=slope))


def prelu(node: Node) -> Value:
    """Import PRelu with constant slopes."""
    value = node.value()
    slopes = node.constant(1, "slopes").astype(np.float32)
    # One slope per channel is told as (C, 1, 1), or as (1, C, 1, 1), or as one number.
    extents = (1,) * (value.rank - slopes.ndim) + slopes.shape
    laid = slopes.reshape(extents).transpose(value.axes)[0]
    shared = [axis for axis in range(1, value.rank) if laid.shape[axis - 1] == 1]
    layer = layers.PReLU(shared_axes=shared or None, name=node.layer)
    result = value.with_tensor(layer(value.tensor))
    layer.set_weights([laid])
    return result


def elu(node: Node) -> Value:
    """Import Elu."""
    value = node.value()
    slope = float(node.attributes.get("alpha", 1.0))
    return value.with_tensor(ops.elu(value.tensor, alpha=slope), -slope)


def hard_sigmoid(node: Node) -> Value:
    """Import HardSigmoid: max(0, min(1, alpha * x + beta))."""
    value = node.value()
    alpha = float(node.attributes.get("alpha", 0.2))
    beta = float(node.attributes.get("beta", 0.5))
    if (round(alpha, 6), beta) == (0.166667, 0.5):  # as relu6, which quantises well
        line = ops.relu6(value.tensor + 3.0) * np.float32(1 / 6)
    else:
        line = ops.minimum(ops.relu(value.tensor * alpha + beta), np.float32(1))
    return value.with_tensor(line, 0.0)


def hard_swish(node: Node) -> Value:
    """Import HardSwish: x * max(0, min(1, x / 6 + 1 / 2))."""
    value = node.value()
    # In the form that the converter knows as one operator.
    half = value.tensor * ops.relu6(value.tensor + 3.0)
    return value.with_tensor(half * np.float32(1 / 6), -0.375)


def softmax(node: Node) -> Value:
    """Import Softmax over one axis; before opset 13, over all from the axis on."""
    value = node.value()
    axis = int(node.attributes.get("axis", 1 if node.opset < 13 else -1))
    if node.opset < 13 and axis % value.rank != value.rank - 1:
        trailing = value.shape[axis % value.rank + 1 :]
        if any(extent != 1 for extent in trailing):
            raise node.refuse("a Softmax over several axes at once is not imported")
    if value.block is not None:
        value = value.in_order()
    return value.with_tensor(ops.softmax(value.tensor, axis=value.axis(axis)), 0.0)
