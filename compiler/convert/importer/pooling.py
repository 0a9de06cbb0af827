"""ONNX's pools, over windows and over all."""

from typing import Any

from keras import layers

from .convolution import Window, padded, window_of
from .node import Node
from .value import Value, channels_last

_MAX = {1: layers.MaxPooling1D, 2: layers.MaxPooling2D}
_AVERAGE = {1: layers.AveragePooling1D, 2: layers.AveragePooling2D}


def max_pool(node: Node) -> Value:
    """Import MaxPool."""
    if node.outputs > 1:
        raise node.refuse("its indices are not imported")
    value, window = _windowed(node)
    same = window.padded and window.is_same(value.shape[2:])
    if window.padded and not same:
        if value.low is None:
            raise node.refuse(
                f"padding {window.pads} needs values below all others, which int8 has no room for;"
                " put it after a Relu, or use padding as TensorFlow's SAME"
            )
        value = padded(node, value, window, value.low)
    return _pooled(_MAX, value, window, same=same)


def average_pool(node: Node) -> Value:
    """Import AveragePool."""
    value, window = _windowed(node)
    same = window.padded and window.is_same(value.shape[2:])
    if window.padded and node.attributes.get("count_include_pad"):
        value, same = padded(node, value, window, 0.0), False
    elif window.padded and not same:
        raise node.refuse(
            f"padding {window.pads} that is not counted is imported only where it is TensorFlow's"
            " SAME; use count_include_pad"
        )
    return _pooled(_AVERAGE, value, window, same=same)


def global_average_pool(node: Node) -> Value:
    """Import GlobalAveragePool as a window over all, which is one operator on devices."""
    return over_all(node, node.value(), _AVERAGE)


def global_max_pool(node: Node) -> Value:
    """Import GlobalMaxPool as a window over all."""
    return over_all(node, node.value(), _MAX)


def over_all(node: Node, value: Value, kinds: dict[int, Any] | None = None) -> Value:
    """Return the pool over all spatial axes, averaging where nothing else is said."""
    spatial = value.shape[2:]
    kinds = _AVERAGE if kinds is None else kinds
    if len(spatial) not in kinds:
        raise node.refuse(f"{len(spatial)} spatial dimensions are not imported; 1 and 2 are")
    value = value.laid(channels_last(value.rank))
    nothing = ((0, 0),) * len(spatial)
    ones = (1,) * len(spatial)
    return _pooled(kinds, value, Window(spatial, ones, ones, nothing), same=False)


def _windowed(node: Node) -> tuple[Value, Window]:
    value = node.value()
    window = window_of(node, value)
    if set(window.dilations) != {1}:
        raise node.refuse("dilated windows are not imported")
    if node.attributes.get("ceil_mode"):
        for extent, kernel, stride, pads in zip(
            value.shape[2:], window.kernel, window.strides, window.pads, strict=True
        ):
            if (extent + sum(pads) - kernel) % stride:
                raise node.refuse("ceil_mode that makes the output larger is not imported")
    return value.laid(channels_last(value.rank)), window


def _pooled(kinds: dict[int, Any], value: Value, window: Window, *, same: bool) -> Value:
    layer = kinds[len(window.kernel)](
        pool_size=window.kernel, strides=window.strides, padding="same" if same else "valid"
    )
    return value.with_tensor(layer(value.tensor), value.low)
