"""ONNX's Conv and BatchNormalization, and the padding that windows share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import layers, ops

from .node import Node
from .value import Value, channels_last

_CONV = {1: layers.Conv1D, 2: layers.Conv2D}
_DEPTHWISE = {1: layers.DepthwiseConv1D, 2: layers.DepthwiseConv2D}


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window over the spatial axes; `pads` has (before, after) of each."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]

    @property
    def padded(self) -> bool:
        """Whether there is any padding."""
        return any(any(pair) for pair in self.pads)

    def is_same(self, extents: tuple[int, ...]) -> bool:
        """Tell whether the padding is what TensorFlow calls SAME for an input of `extents`."""
        return self.pads == tuple(
            _same(extent, *of_axis)
            for extent, of_axis in zip(
                extents, zip(self.kernel, self.strides, self.dilations, strict=True), strict=True
            )
        )


def _same(extent: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    total = max((-(-extent // stride) - 1) * stride + (kernel - 1) * dilation + 1 - extent, 0)
    return total // 2, total - total // 2


def window_of(node: Node, value: Value, kernel: tuple[int, ...] | None = None) -> Window:
    """Return the window of a Conv or a pool over `value`."""
    spatial = value.shape[2:]
    rank = len(spatial)
    extents = tuple(node.attributes.get("kernel_shape", kernel or ()))
    if rank not in _CONV or len(extents) != rank:
        raise node.refuse(f"windows over {rank} spatial dimensions are not imported; 1 and 2 are")
    strides = tuple(node.attributes.get("strides", (1,) * rank))
    dilations = tuple(node.attributes.get("dilations", (1,) * rank))
    flat = tuple(node.attributes.get("pads", (0,) * 2 * rank))
    pads = tuple(zip(flat[:rank], flat[rank:], strict=True))
    automatic = node.choice("auto_pad", "NOTSET")
    if automatic.startswith("SAME"):
        lower = automatic == "SAME_LOWER"
        found = (
            _same(*of_axis) for of_axis in zip(spatial, extents, strides, dilations, strict=True)
        )
        pads = tuple((pair[1], pair[0]) if lower else pair for pair in found)
    return Window(extents, strides, dilations, pads)


def padded(node: Node, value: Value, window: Window, fill: float) -> Value:
    """Return a channels-last value with the window's padding around it."""
    if not window.padded:
        return value
    if any(extent < 0 for pair in window.pads for extent in pair):
        raise node.refuse("negative padding is not imported")
    around = ((0, 0), *window.pads, (0, 0))
    return value.with_tensor(ops.pad(value.tensor, around, constant_values=fill), value.low)


def conv(node: Node) -> Value:
    """Import Conv: plain, depthwise and grouped, over one or two spatial axes."""
    value = node.value()
    weights = node.constant(1, "weights").astype(np.float32)
    bias = node.optional(2, "bias")
    groups = int(node.attributes.get("group", 1))
    window = window_of(node, value, weights.shape[2:])
    value = value.laid(channels_last(value.rank))
    same = window.is_same(value.shape[2:])
    if not same:
        value = padded(node, value, window, 0.0)
    settings: dict[str, Any] = {
        "kernel_size": window.kernel,
        "strides": window.strides,
        "dilation_rate": window.dilations,
        "padding": "same" if same and window.padded else "valid",
        "use_bias": bias is not None,
        "name": node.layer,
    }
    # (M, C / groups, spatial...) as (spatial..., C / groups, M)
    kernel = np.moveaxis(weights, (0, 1), (-1, -2))
    channels = value.shape[1]
    spatial = len(window.kernel)
    # TensorFlow has depthwise convolutions of one stride only; the others are grouped ones.
    if groups == channels > 1 and len(set(window.strides)) == 1:
        multiplier = weights.shape[0] // channels
        kernel = kernel.reshape(*window.kernel, channels, multiplier)
        layer = _DEPTHWISE[spatial](depth_multiplier=multiplier, **settings)
    else:
        layer = _CONV[spatial](filters=weights.shape[0], groups=groups, **settings)
    result = value.with_tensor(layer(value.tensor))
    layer.set_weights([kernel] if bias is None else [kernel, bias.astype(np.float32)])
    return result


def conv_transpose(node: Node) -> Value:
    """Import ConvTranspose over two spatial axes: what pads remove is cropped."""
    value = node.value()
    weights = node.constant(1, "weights").astype(np.float32)
    bias = node.optional(2, "bias")
    window = window_of(node, value, weights.shape[2:])
    more = tuple(node.attributes.get("output_padding", (0, 0)))
    crops = tuple(
        (before, after - extra) for (before, after), extra in zip(window.pads, more, strict=False)
    )
    plain = (
        len(window.kernel) == 2
        and int(node.attributes.get("group", 1)) == 1
        and set(window.dilations) == {1}
        and node.choice("auto_pad", "NOTSET") == "NOTSET"
        and "output_shape" not in node.attributes
        and all(kernel >= step for kernel, step in zip(window.kernel, window.strides, strict=True))
        and min(map(min, crops)) >= 0
    )
    if not plain:
        raise node.refuse(
            "imported over two dimensions, without groups, dilations and padding of the output,"
            " with a kernel not smaller than its strides and pads that are told"
        )
    excess = [kernel - step for kernel, step in zip(window.kernel, window.strides, strict=True)]
    same = crops == tuple((total // 2, total - total // 2) for total in excess)
    value = value.laid(channels_last(value.rank))
    layer = layers.Conv2DTranspose(
        weights.shape[1],
        window.kernel,
        strides=window.strides,
        padding="same" if same else "valid",
        use_bias=bias is not None,
        name=node.layer,
    )
    made = layer(value.tensor)
    # (C, M, height, width) as (height, width, M, C)
    kernel = weights.transpose(2, 3, 1, 0)
    layer.set_weights([kernel] if bias is None else [kernel, bias.astype(np.float32)])
    if not same and any(map(any, crops)):
        made = layers.Cropping2D(crops)(made)
    return value.with_tensor(made)


def batch_normalization(node: Node) -> Value:
    """Import BatchNormalization with the statistics that were trained."""
    value = node.value()
    if node.attributes.get("training_mode") or node.outputs > 1:
        raise node.refuse("it is in training mode; export the model for inference")
    if value.block is not None:
        value = value.in_order()
    names = ("scale", "bias", "mean", "variance")
    weights = [node.constant(place, name).astype(np.float32) for place, name in enumerate(names, 1)]
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    layer = layers.BatchNormalization(axis=value.axis(1), epsilon=epsilon, name=node.layer)
    result = value.with_tensor(layer(value.tensor))
    layer.set_weights(weights)
    return result
