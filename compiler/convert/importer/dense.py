"""ONNX's matrix products with weights, and of two computed values."""

from typing import Any

import numpy as np
from keras import layers, ops

from .node import Constant, Node
from .value import Value


def gemm(node: Node) -> Value:
    """Import Gemm: alpha * x * B + beta * C, B and C constant."""
    if node.attributes.get("transA"):
        raise node.refuse("a transposed first input is not imported")
    weights = node.constant(1, "weights").astype(np.float32)
    if node.attributes.get("transB"):
        weights = weights.T
    weights = weights * np.float32(node.attributes.get("alpha", 1.0))
    bias = node.optional(2, "bias")
    if bias is not None:
        bias = bias.astype(np.float32) * np.float32(node.attributes.get("beta", 1.0))
        bias = np.broadcast_to(bias, (1, weights.shape[1]))[0]
    return _product(node, node.value(), weights, bias)


def matmul(node: Node) -> Value:
    """Import MatMul, with weights or of two computed values."""
    first, second = node.inputs[:2]
    if isinstance(second, Value):
        if not isinstance(first, Value):
            raise node.refuse("weights on the left are not imported")
        product = ops.matmul(first.in_order().tensor, second.in_order().tensor)
        return Value.plain(product)
    weights = node.constant(1, "weights").astype(np.float32)
    if weights.ndim != 2:
        raise node.refuse(f"weights of {weights.ndim} dimensions are not imported; 2 are")
    return _product(node, node.value(), weights, None)


def _product(node: Node, value: Value, weights: Constant, bias: Constant | None) -> Value:
    """Return value * weights + bias over the last axis."""
    order = value.element_order()
    if order is None:
        value = value.in_order()
    else:  # what the value lacks in order, the weights get
        weights = weights[order]
    layer: Any = layers.Dense(weights.shape[1], use_bias=bias is not None, name=node.layer)
    result = layer(value.tensor)
    layer.set_weights([weights] if bias is None else [weights, bias])
    return Value.plain(result)
