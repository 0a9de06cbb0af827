"""ONNX operators that move elements, choose some, or sum over axes."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
from keras import layers, ops

from .node import Constant, Node
from .pooling import over_all
from .value import Value, channels_last

_REDUCE: Final[dict[str, Callable[..., Any]]] = {
    "ReduceMax": ops.max,
    "ReduceMean": ops.mean,
    "ReduceSum": ops.sum,
}
_WHOLE = np.iinfo(np.int32).max


def shape(node: Node) -> Constant:
    """Return the shape, which is constant here."""
    return np.asarray(node.value().shape, np.int64)


def flatten(node: Node) -> Value:
    """Import Flatten that keeps the batch."""
    value = node.value()
    if int(node.attributes.get("axis", 1)) % value.rank != 1:
        raise node.refuse("only axis 1 is imported, which keeps the batch")
    return value.flattened()


def reshape(node: Node) -> Value:
    """Import Reshape to a constant shape that keeps the batch."""
    value = node.value()
    target = [int(extent) for extent in node.constant(1, "target shape")]
    if not node.attributes.get("allowzero"):
        target = [
            value.shape[place] if extent == 0 else extent for place, extent in enumerate(target)
        ]
    if -1 in target:
        known = math.prod(extent for extent in target if extent != -1)
        target[target.index(-1)] = math.prod(value.shape) // max(known, 1)
    if not target or target[0] != 1:
        raise node.refuse(f"to {target}: it must keep the batch of 1 as the first dimension")
    if len(target) == 2:
        return value.flattened()
    if tuple(target) == value.shape:
        return value
    return Value.plain(layers.Reshape(target[1:])(value.in_order().tensor), value.low)


def transpose(node: Node) -> Value:
    """Import Transpose by saying where axes are; nothing moves until it has to."""
    value = node.value()
    if value.block is not None:
        value = value.in_order()
    permutation = tuple(node.attributes.get("perm", range(value.rank)[::-1]))
    if permutation[0] != 0:
        raise node.refuse("the batch must stay the first dimension")
    return replace(value, axes=tuple(permutation.index(axis) for axis in value.axes))


def concat(node: Node) -> Value:
    """Import Concat along any axis but the batch, of computed values and constants."""
    values = [one for one in node.inputs if isinstance(one, Value)]
    leader = values[0] if values[0].block is None else values[0].in_order()
    axis = int(node.attributes["axis"]) % leader.rank
    if axis == 0:
        raise node.refuse("batches are not concatenated")
    if len(values) < len(node.inputs):
        raise node.refuse("constants among its inputs are not imported")
    tensors = [one.laid(leader.axes).tensor for one in values]
    lows = [one.low for one in values]
    low = None if None in lows else min(bound for bound in lows if bound is not None)
    if len(tensors) == 1:
        return leader
    return leader.with_tensor(ops.concatenate(tensors, axis=leader.axis(axis)), low)


def split(node: Node) -> list[Value]:
    """Import Split into parts of equal or told sizes."""
    value = _unblocked(node.value())
    axis = value.axis(int(node.attributes.get("axis", 0)))
    if axis == 0:
        raise node.refuse("the batch is not split")
    extent = int(value.tensor.shape[axis])
    sizes = node.integers("split", 1)
    if sizes is None:
        size = -(-extent // node.outputs)
        sizes = [min(size, extent - first) for first in range(0, extent, size)]
    places = np.cumsum(sizes)[:-1].tolist()
    parts = ops.split(value.tensor, places, axis=axis)
    return [value.with_tensor(part, value.low) for part in parts]


def slice_(node: Node) -> Value:
    """Import Slice with constant bounds and positive steps."""
    value = _unblocked(node.value())
    starts, ends = node.integers("starts", 1), node.integers("ends", 2)
    if starts is None or ends is None:
        raise node.refuse("its bounds are absent")
    axes = node.integers("axes", 3) or list(range(len(starts)))
    steps = node.integers("steps", 4) or [1] * len(starts)
    chosen = [slice(None)] * value.rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 1:
            raise node.refuse("steps below 1 are not imported")
        place = value.axis(axis)
        bounds = slice(start, None if end >= _WHOLE else end, step)
        if place == 0 and bounds.indices(1) != (0, 1, 1):
            raise node.refuse("the batch is not sliced")
        chosen[place] = slice(None) if place == 0 else bounds
    return value.with_tensor(value.tensor[tuple(chosen)], value.low)


def gather(node: Node) -> Value:
    """Import Gather of one constant index, as in `x[:, -1]`."""
    value = _unblocked(node.value())
    index = node.constant(1, "indices")
    axis = int(node.attributes.get("axis", 0)) % value.rank
    if index.size != 1 or axis == 0:
        raise node.refuse("only one index, of any axis but the batch, is imported")
    place, at = value.axis(axis), int(index.reshape(()))
    at += int(value.tensor.shape[place]) if at < 0 else 0
    chosen = [slice(None)] * value.rank
    chosen[place] = slice(at, at + 1)
    one = value.with_tensor(value.tensor[tuple(chosen)], value.low)
    return one if index.ndim else _without(one, [axis])


def squeeze(node: Node) -> Value:
    """Import Squeeze of dimensions of extent 1, the batch excepted."""
    value = _unblocked(node.value())
    axes = node.integers("axes", 1)
    if not axes:
        raise node.refuse("its axes must be told: without, it removes the batch too")
    axes = [axis % value.rank for axis in axes]
    if 0 in axes:
        raise node.refuse("the batch must stay")
    return _without(value, axes)


def _without(value: Value, axes: list[int]) -> Value:
    """Return the value without axes of extent 1; the others keep their places."""
    kept = [axis for axis in value.axes if axis not in axes]
    extents = dict(zip(value.axes, value.tensor.shape, strict=True))
    target = tuple(int(extents[axis]) for axis in kept[1:])
    ranked = sorted(kept)
    tensor = layers.Reshape(target)(value.tensor)
    return Value(tensor, tuple(ranked.index(axis) for axis in kept), None, value.low)


def unsqueeze(node: Node) -> Value:
    """Import Unsqueeze anywhere after the batch."""
    value = _unblocked(node.value()).in_order()
    axes = node.integers("axes", 1) or []
    rank = value.rank + len(axes)
    places = {axis % rank for axis in axes}
    if 0 in places:
        raise node.refuse("the batch must stay the first dimension")
    extents = iter(value.shape)
    target = [1 if axis in places else next(extents) for axis in range(rank)]
    return Value.plain(layers.Reshape(target[1:])(value.tensor), value.low)


def pad(node: Node) -> Value:
    """Import Pad with a constant, or by reflection."""
    value = _unblocked(node.value())
    mode = node.choice("mode", "constant")
    flat = node.integers("pads", 1)
    if flat is None:
        raise node.refuse("its pads are absent")
    axes = node.integers("axes", 3) or list(range(value.rank))
    around = [(0, 0)] * value.rank
    for axis, before, after in zip(axes, flat[: len(axes)], flat[len(axes) :], strict=True):
        around[value.axis(axis)] = (before, after)
    if around[0] != (0, 0) or min(map(min, around)) < 0:
        raise node.refuse("padding of the batch and negative padding are not imported")
    if mode == "reflect":
        return value.with_tensor(ops.pad(value.tensor, around, mode=mode), value.low)
    if mode != "constant":
        raise node.refuse(f"the mode {mode} is not imported; constant and reflect are")
    told = node.setting("value", 2)
    fill = 0.0 if told is None else float(told.reshape(()))
    low = None if value.low is None else min(value.low, fill)
    return value.with_tensor(ops.pad(value.tensor, around, constant_values=fill), low)


_REPEATS: Final = {
    ("asymmetric", "floor"): math.inf,
    ("asymmetric", "round_prefer_floor"): 2,
    ("half_pixel", "round_prefer_floor"): math.inf,
    ("half_pixel", "round_prefer_ceil"): math.inf,
    ("pytorch_half_pixel", "round_prefer_floor"): math.inf,
}
"""Up to which whole factor coordinates and rounding come to x // factor: repeated elements."""


def resize(node: Node) -> Value:
    """Import Resize and Upsample by whole factors with the nearest element."""
    value = node.value()
    if node.choice("mode", "nearest") != "nearest":
        raise node.refuse("only the mode `nearest` is imported")
    factors = _factors(node, value)
    whole = [round(factor) for factor in factors]
    if value.rank != 4 or whole[:2] != [1, 1] or not np.allclose(factors, whole):
        raise node.refuse(f"by {factors}: only whole factors of height and width are imported")
    placed = node.choice("coordinate_transformation_mode", "half_pixel")
    rounded = node.choice("nearest_mode", "round_prefer_floor")
    if node.operator == "Resize" and max(whole) > _REPEATS.get((placed, rounded), 0):
        raise node.refuse(f"coordinates {placed} with {rounded} are not imported")
    value = value.laid(channels_last(value.rank))
    layer = layers.UpSampling2D(tuple(whole[2:]), interpolation="nearest")
    return value.with_tensor(layer(value.tensor), value.low)


def _factors(node: Node, value: Value) -> list[float]:
    """Return the factor of each of ONNX's axes."""
    modern = node.operator == "Resize" and node.opset >= 11
    scales = node.setting("scales", 2 if modern else 1)
    if scales is not None and scales.size:
        return [float(scale) for scale in scales]
    sizes = node.constant(3, "sizes")
    return [int(size) / extent for size, extent in zip(sizes, value.shape, strict=True)]


def reduce(node: Node) -> Value:
    """Import ReduceMax, ReduceMean, ReduceSum over any axes but the batch."""
    value = _unblocked(node.value())
    told = node.integers("axes", 1)
    if told is None or not told:
        raise node.refuse("its axes must be told, and be without the batch")
    axes = sorted(axis % value.rank for axis in told)
    if 0 in axes:
        raise node.refuse("the batch is not reduced")
    if node.operator == "ReduceMean" and value.rank in (3, 4) and axes == [*range(2, value.rank)]:
        result = over_all(node, value)  # one operator on devices
    else:
        places = [value.axis(axis) for axis in axes]
        reduced = _REDUCE[node.operator](value.tensor, axis=places, keepdims=True)
        result = value.with_tensor(reduced)
    return result if node.attributes.get("keepdims", 1) else _without(result, axes)


def _unblocked(value: Value) -> Value:
    """Return a value whose axes are all there to be told apart."""
    return value if value.block is None else value.in_order()
