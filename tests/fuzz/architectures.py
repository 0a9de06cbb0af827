"""Realistic networks with unrealistic numbers: `architecture(seed)` is a .tflite file.

Layers are drawn as networks have them (separable, bottleneck, residual, dilated, dense), their
weights, biases, scales and zero points as no training gives them: extremes, zeros, and what
the format just allows.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compiler.graph import ElementType, OperatorCode
from tests.compiler.model_builder import TensorSpec, build_model, constant

from .graphs import Growth, Shape, options_of

_CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 24, 31, 32, 33)
_WINDOWS = ((1, 1), (3, 3), (3, 3), (5, 5), (7, 7), (10, 4), (1, 3), (3, 1), (2, 2), (1, 5))
_DEPTH_MULTIPLIERS = (1, 1, 1, 2, 3, 4, 8)
_MOST_MACS = 120_000
_MOST_ELEMENTS = 6_000
_SUM_MAX = 2**31 - 1


@dataclass
class Network(Growth):
    """A graph whose layers spread their outputs over int8, or are extreme on purpose."""

    macs: int = 0

    def zero(self) -> int:
        """Return a zero point: often the ones that networks have, and the ends."""
        return self.random.choice((-128, -128, 127, 0, -1, self.random.randint(-128, 127)))

    def image(self, shape: Shape) -> int:
        """Add an input of the model."""
        number = self.tensor(self.int8(shape, zero=self.zero()))
        self.inputs.append(number)
        self.open.append(number)
        return number

    def filters(self, shape: Shape, *, channels: int, axis: int = 0) -> TensorSpec:
        """Return weights of one channel per row of `axis`, some rows of them peculiar."""
        per_channel = channels if self.random.random() < 0.8 else 1
        scale = 2.0 ** self.random.uniform(-9, -4)
        spread = self.random.choice((0.0, 1.0, 1.0, 6.0))
        scales = tuple(
            float(np.float32(scale * 2.0 ** self.random.uniform(-spread, spread)))
            for _ in range(per_channel)
        )
        generator = np.random.default_rng(self.random.getrandbits(32))
        values = generator.integers(-127, 128, shape, np.int8)
        rows = np.moveaxis(values, axis, 0)
        kind = self.random.randrange(12)
        if kind == 0:
            rows[...] = self.random.choice((-128, 127, 0, 1))
        elif kind == 1:
            rows[generator.random(rows.shape[0]) < 0.6] = 0
        elif kind == 2:
            rows[generator.random(rows.shape) < 0.8] = 0
        elif kind == 3:
            rows[generator.random(rows.shape) < 0.5] = -128
        return TensorSpec(shape, scales=scales, axis=axis, values=values)

    def biases(self, x: int, weights: TensorSpec, channels: int) -> int:
        """Return a bias, or -1: none, zero, usual, or as large as 32 bits allow."""
        kind = self.random.randrange(12)
        if kind == 0:
            return -1
        source, generator = self.tensors[x], np.random.default_rng(self.random.getrandbits(32))
        scales = tuple(float(np.float32(source.scales[0] * s)) for s in weights.scales)
        values = generator.integers(-6000, 6000, channels, np.int32)
        if kind == 1:
            values[:] = 0
        elif kind == 2:
            zero = (source.zero_points or (0,))[0]
            rows = np.moveaxis(_values(weights), weights.axis, 0).reshape(channels, -1)
            reach = np.abs(rows.astype(np.int64)).sum(axis=1) * max(127 - zero, 128 + zero)
            values = ((_SUM_MAX - reach) * generator.choice((-1, 1), channels)).astype(np.int32)
        return self.tensor(TensorSpec((channels,), ElementType.INT32, scales, values=values))

    def result(self, x: int, weights: TensorSpec, shape: Shape, *, summands: int) -> TensorSpec:
        """Return a layer's output: its scale suits its sums, or does not at all."""
        middle = float(np.median(weights.scales)) * self.tensors[x].scales[0]
        wide = middle * 74 * 74 * max(1, summands) ** 0.5 / 48
        kind = self.random.randrange(24)
        if kind == 0:
            wide *= 2.0 ** self.random.uniform(-16, 20)
        elif kind == 1:  # left shifts
            wide = middle * 2.0 ** self.random.uniform(-9, 1)
        return self.int8(shape, min(max(wide, 2.0**-20), 2.0**10), self.zero())

    def activated(self, result: TensorSpec, activation: int | None) -> tuple[TensorSpec, int]:
        """Return a result and its activation: most clamp some values, and not all of them."""
        (scale,) = result.scales
        served = [one for one, most in ((0, 1e9), (1, 1e9), (3, 6.0), (2, 1.0))
                  if activation in (None, one) and most > 3 * scale]  # fmt: skip
        chosen = self.random.choice(served)
        if self.random.random() < 0.7:
            zero = self.random.randint(-40, 40) if chosen in (0, 2) else -128
            result = replace(result, zero_points=(zero,))
        return result, chosen

    def affordable(self, macs: int, elements: int) -> bool:
        """Whether a layer of so much is small enough for an emulator."""
        if self.macs + macs > _MOST_MACS or elements > _MOST_ELEMENTS:
            return False
        self.macs += macs
        return True

    def channels(self) -> int:
        return self.random.choice(_CHANNELS)


def _values(spec: TensorSpec) -> Any:
    assert spec.values is not None
    return spec.values


def filter_image(
    g: Network,
    x: int,
    *,
    channels: int | None = None,
    multiplier: int = 0,
    size: tuple[int, int] = (3, 3),
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    same: bool = True,
    activation: int | None = None,
) -> int:
    """Add a convolution, a depthwise one for a `multiplier`; its result, or `x` if too large."""
    batch, *extents, depth = g.shape(x)
    wide = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    if not same and any(n < k for n, k in zip(extents, wide, strict=True)):
        same = True
    out = [-(-n // s) if same else (n - k) // s + 1
           for n, k, s in zip(extents, wide, stride, strict=True)]  # fmt: skip
    count = depth * multiplier if multiplier else channels or g.channels()
    summands = size[0] * size[1] * (1 if multiplier else depth)
    pixels = batch * out[0] * out[1]
    if not g.affordable(pixels * count * summands, pixels * count):
        return x
    fields = {
        "padding": 0 if same else 1,
        "strideH": stride[0],
        "strideW": stride[1],
        "dilationHFactor": dilation[0],
        "dilationWFactor": dilation[1],
    }
    if multiplier:
        weights = g.filters((1, *size, count), channels=count, axis=3)
    else:
        weights = g.filters((count, *size, depth), channels=count)
    result = g.result(x, weights, (batch, *out, count), summands=summands)
    result, fields["fusedActivationFunction"] = g.activated(result, activation)
    if multiplier:
        made = options_of("DepthwiseConv2D", depthMultiplier=multiplier, **fields)
        code = OperatorCode.DEPTHWISE_CONV_2D
    else:
        made, code = options_of("Conv2D", **fields), OperatorCode.CONV_2D
    inputs = [x, g.tensor(weights), g.biases(x, weights, count)]
    if inputs[2] < 0 and (multiplier or g.random.random() < 0.5):
        del inputs[2]  # -1 crashes the reference's depthwise layers
    g.add(code, inputs, [result], made)
    return len(g.tensors) - 1


def dense(g: Network, x: int, channels: int, activation: int | None = None) -> int:
    """Add a FULLY_CONNECTED of the whole of each of a batch."""
    shape = g.shape(x)
    depth = int(np.prod(shape[1:], dtype=int))
    if not g.affordable(shape[0] * depth * channels, channels):
        return x
    weights = g.filters((channels, depth), channels=channels)
    inputs = [x, g.tensor(weights), g.biases(x, weights, channels)]
    result = g.result(x, weights, (shape[0], channels), summands=depth)
    result, chosen = g.activated(result, activation)
    made = options_of("FullyConnected", fusedActivationFunction=chosen)
    g.add(OperatorCode.FULLY_CONNECTED, inputs, [result], made)
    return len(g.tensors) - 1


def add(g: Network, one: int, other: int) -> int:
    """Add an ADD of two of one shape."""
    scale = max(g.tensors[n].scales[0] for n in (one, other)) * 2.0 ** g.random.uniform(-1, 2)
    scale = min(scale, 2.0**10)
    result, chosen = g.activated(g.int8(g.shape(one), scale, g.zero()), None)
    made = options_of("Add", fusedActivationFunction=chosen)
    g.add(OperatorCode.ADD, [one, other], [result], made)
    return len(g.tensors) - 1


def pool(g: Network, x: int, size: tuple[int, int], stride: int, *, same: bool) -> int:
    """Add a pool; the largest window is the whole image."""
    batch, *extents, depth = g.shape(x)
    size = (min(size[0], extents[0]), min(size[1], extents[1]))
    out = [-(-n // stride) if same else (n - k) // stride + 1
           for n, k in zip(extents, size, strict=True)]  # fmt: skip
    made = options_of(
        "Pool2D",
        padding=0 if same else 1,
        strideH=stride,
        strideW=stride,
        filterHeight=size[0],
        filterWidth=size[1],
        fusedActivationFunction=g.random.choice((0, 0, 1, 3)),
    )
    code = g.random.choice((OperatorCode.AVERAGE_POOL_2D, OperatorCode.MAX_POOL_2D))
    g.add(code, [x], [g.like(x, (batch, *out, depth))], made)
    return len(g.tensors) - 1


def pad(g: Network, x: int) -> int:
    """Add a PAD of rows and columns, some of them wide."""
    batch, height, width, depth = g.shape(x)
    sides = [g.random.choice((0, 1, 1, 2, 3, 5, 11)) for _ in range(4)]
    after = (batch, height + sides[0] + sides[1], width + sides[2] + sides[3], depth)
    if np.prod(after) > _MOST_ELEMENTS:
        return x
    values = np.array([(0, 0), sides[:2], sides[2:], (0, 0)], np.int32)
    paddings = g.tensor(TensorSpec((4, 2), ElementType.INT32, values=values))
    g.add(OperatorCode.PAD, [x, paddings], [g.like(x, after)], options_of("Pad"))
    return len(g.tensors) - 1


def classify(g: Network, x: int) -> None:
    """Add a head: pool or flatten, dense, SOFTMAX."""
    batch, *extents, _ = g.shape(x)
    if g.random.random() < 0.6:
        x = pool(g, x, (extents[0], extents[1]), g.random.choice((1, 2)), same=False)
    if g.random.random() < 0.5:
        after = (batch, int(np.prod(g.shape(x)[1:], dtype=int)))
        shape = g.tensor(constant(*after))
        g.add(OperatorCode.RESHAPE, [x, shape], [g.like(x, after)], options_of("Reshape"))
        x = len(g.tensors) - 1
    x = dense(g, x, g.random.choice((1, 2, 3, 10, 12, 35, 100, 1000)), activation=0)
    shape = g.shape(x)
    if not 2.0**-20 < g.tensors[x].scales[0] < 1.5:
        g.add(OperatorCode.QUANTIZE, [x], [g.int8(shape, 0.1)], options_of("Quantize"))
        x = len(g.tensors) - 1
    made = options_of("Softmax", beta=g.random.choice((1.0, 1.0, 0.5, 4.0)))
    g.add(OperatorCode.SOFTMAX, [x], [g.int8(shape, 1 / 256, -128)], made)


def _first(g: Network) -> int:
    """Add an image and the first layer over it."""
    depth = g.random.choice((1, 1, 3, 3, 2, 4))
    x = g.image((g.random.choice((1, 1, 1, 2)), g.random.randint(4, 24),
                 g.random.randint(4, 24), depth))  # fmt: skip
    if g.random.random() < 0.25:
        x = pad(g, x)
    strides = g.random.choice(((1, 1), (2, 2), (2, 2), (3, 3), (2, 1), (1, 2)))
    multiplier = g.random.choice((0, 0, 0, 8 if depth == 1 else 3))
    return filter_image(g, x, channels=g.random.choice((3, 4, 8, 13, 16)), multiplier=multiplier,
                        size=g.random.choice(_WINDOWS), stride=strides,
                        same=g.random.random() < 0.6)  # fmt: skip


def separable(g: Network) -> None:
    """MobileNetV1 and DS-CNN: depthwise, then pointwise."""
    x = _first(g)
    for _ in range(g.random.randint(1, 4)):
        if g.random.random() < 0.15:
            x = pad(g, x)
        x = filter_image(g, x, multiplier=g.random.choice(_DEPTH_MULTIPLIERS),
                         size=g.random.choice(((3, 3), (3, 3), (5, 5), (3, 1))),
                         stride=(g.random.choice((1, 1, 2)),) * 2,
                         same=g.random.random() < 0.8)  # fmt: skip
        x = filter_image(g, x, size=(1, 1))
    classify(g, x)


def bottleneck(g: Network) -> None:
    """MobileNetV2: expand, depthwise, project, and ADD where shapes allow."""
    x = _first(g)
    for _ in range(g.random.randint(1, 3)):
        before, depth = x, g.shape(x)[3]
        x = filter_image(g, x, channels=depth * g.random.choice((2, 3, 6)), size=(1, 1))
        x = filter_image(g, x, multiplier=1, stride=(g.random.choice((1, 1, 2)),) * 2)
        kept = depth if g.random.random() < 0.7 else g.channels()
        x = filter_image(g, x, channels=kept, size=(1, 1), activation=0)
        if g.shape(x) == g.shape(before) and x != before:
            x = add(g, x, before)
    classify(g, x)


def residual(g: Network) -> None:
    """ResNet: two layers and a shortcut, filtered where the stride is 2."""
    x = _first(g)
    for _ in range(g.random.randint(1, 3)):
        stride, channels = g.random.choice((1, 2)), g.random.choice((3, 4, 8, 9))
        branch = filter_image(g, x, channels=channels, stride=(stride, stride))
        branch = filter_image(g, branch, channels=channels, activation=0)
        if g.shape(branch) != g.shape(x):
            x = filter_image(g, x, channels=channels, size=(1, 1), stride=(stride, stride))
        x = add(g, branch, x) if g.shape(branch) == g.shape(x) else branch
    classify(g, x)


def temporal(g: Network) -> None:
    """A TCN: rows of one pixel's height, dilated more and more, with shortcuts."""
    length, depth = g.random.randint(8, 80), g.random.choice((1, 3, 6, 9))
    upright = g.random.random() < 0.3
    x = g.image((1, length, 1, depth) if upright else (1, 1, length, depth))

    def along(n: int) -> tuple[int, int]:
        return (n, 1) if upright else (1, n)

    channels = g.random.choice((3, 4, 8, 12))
    for dilation in (1, 2, 4, 8):
        before = x
        x = filter_image(g, x, channels=channels, size=along(g.random.choice((2, 3, 5, 9))),
                         dilation=along(dilation),
                         multiplier=g.random.choice((0, 0, 1)),
                         same=g.random.random() < 0.8)  # fmt: skip
        if g.shape(x) == g.shape(before) and x != before:
            x = add(g, x, before)
    classify(g, x)


def autoencoder(g: Network) -> None:
    """Dense layers down to a few and up again, in batches too."""
    depth = g.random.choice((1, 3, 5, 64, 127, 640))
    x = g.image((g.random.choice((1, 1, 2, 3, 5)), depth))
    for channels in (*g.random.sample((1, 2, 3, 8, 9, 17, 33, 64, 65, 128), 4), depth):
        x = dense(g, x, channels)


def layers(g: Network) -> None:
    """Single layers side by side, at the borders of what there is: tiny and odd images."""
    for _ in range(2):
        height, width = g.random.choice(((1, 1), (1, 7), (5, 1), (2, 3), (4, 4), (3, 9), (9, 6)))
        images = [g.image((g.random.choice((1, 1, 2)), height, width, g.channels()))
                  for _ in range(1)]  # fmt: skip
        for _ in range(4):
            x = g.random.choice(images)
            wide = g.random.random() < 0.3
            images.append(
                filter_image(
                    g, x,
                    multiplier=g.random.choice((0, *_DEPTH_MULTIPLIERS)),
                    size=(g.random.randint(1, 7), g.random.randint(1, 7)),
                    stride=(g.random.randint(1, 3), g.random.randint(1, 3)),
                    dilation=(g.random.randint(1, 4), g.random.randint(1, 4)) if wide else (1, 1),
                    same=g.random.random() < 0.7,
                )
            )  # fmt: skip
        g.macs = 0
    x = g.random.choice(g.open)
    add(g, x, x)
    pool(g, g.random.choice([n for n in g.open if len(g.shape(n)) == 4]),
         (g.random.randint(1, 5), g.random.randint(1, 5)), g.random.randint(1, 3),
         same=g.random.random() < 0.6)  # fmt: skip


FAMILIES: tuple[Callable[[Network], None], ...] = (
    layers, separable, bottleneck, residual, temporal, autoencoder,
)  # fmt: skip


def architecture(seed: int) -> bytes:
    """Return a network of the family that is next in turn; the same for the same seed."""
    g = Network(random.Random(seed))
    FAMILIES[seed % len(FAMILIES)](g)
    read = {number for operator in g.operators for number in operator.inputs}
    written = [number for operator in g.operators for number in operator.outputs]
    ends = [number for number in written if number not in read]
    more = g.random.sample(written, min(2, len(written))) if g.random.random() < 0.6 else []
    outputs = list(dict.fromkeys(ends + more))
    return build_model(g.tensors, g.operators, g.inputs, outputs)
