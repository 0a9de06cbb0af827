"""Graphs of random operators, valid by construction: `random_model(seed)` is a .tflite file.

Each grower takes a tensor that is there and adds an operator that reads it; what does not suit
the tensor's shape adds nothing.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from compiler.graph import ElementType, OperatorCode
from tests.compiler.model_builder import OperatorSpec, TensorSpec, build_model, constant, schema
from tests.compiler.ops.lstm_law import Lstm

_MOST_ELEMENTS = 600
_MOST_OUTPUTS = 4

Shape = tuple[int, ...]


@dataclass
class Growth:
    """A graph as it grows; `open` are the int8 tensors that operators may read."""

    random: random.Random
    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Tensors that only the model's outputs may be, since they are not int8."""

    def tensor(self, spec: TensorSpec) -> int:
        """Add a tensor."""
        self.tensors.append(replace(spec, name=f"t{len(self.tensors)}"))
        return len(self.tensors) - 1

    def int8(self, shape: Shape, scale: float | None = None, zero: int | None = None) -> TensorSpec:
        """Return an int8 tensor of some quantisation, or of a given one."""
        drawn = 2.0 ** self.random.uniform(-6, -2)
        return TensorSpec(
            tuple(shape),
            scales=(float(np.float32(drawn if scale is None else scale)),),
            zero_points=(self.random.randint(-128, 127) if zero is None else zero,),
        )

    def int16(self, shape: Shape, scale: float | None = None) -> TensorSpec:
        """Return an int16 tensor of some scale, or of a given one."""
        drawn = 2.0 ** self.random.uniform(-12, -8)
        exact = float(np.float32(drawn if scale is None else scale))
        return TensorSpec(tuple(shape), ElementType.INT16, scales=(exact,))

    def like(self, number: int, shape: Shape) -> TensorSpec:
        """Return a tensor of the quantisation of another."""
        return replace(self.tensors[number], shape=tuple(shape), values=None)

    def weights(self, shape: Shape, *, channels: int = 0, axis: int = 0) -> TensorSpec:
        """Return constant weights, quantised per channel if there are any."""
        scales = tuple(float(np.float32(2.0 ** self.random.uniform(-8, -5)))
                       for _ in range(channels or 1))  # fmt: skip
        return TensorSpec(shape, scales=scales, axis=axis, values=self.values(shape))

    def values(self, shape: Shape) -> np.ndarray:
        """Return random int8."""
        seed = self.random.getrandbits(32)
        return np.random.default_rng(seed).integers(-127, 128, shape, np.int8)

    def bias(self, source: TensorSpec, weights: TensorSpec, channels: int) -> TensorSpec:
        """Return a bias with the scale of the products."""
        scales = tuple(float(np.float32(source.scales[0] * s)) for s in weights.scales)
        values = self.values((channels,)).astype(np.int32) * 40
        return TensorSpec((channels,), ElementType.INT32, scales, values=values)

    def add(
        self, code: OperatorCode, inputs: list[int], results: list[TensorSpec], options: Any = None
    ) -> None:
        """Add an operator and its results."""
        written = [self.tensor(result) for result in results]
        self.operators.append(OperatorSpec(code, tuple(inputs), tuple(written), options))
        for number in written:
            whole = self.tensors[number]
            (self.open if whole.type is ElementType.INT8 else self.ends).append(number)

    def shape(self, number: int) -> Shape:
        return self.tensors[number].shape


def options_of(name: str, **fields: Any) -> Any:
    made = getattr(schema, f"{name}OptionsT")()
    for name_of, value in fields.items():
        setattr(made, name_of, value)
    return made


def convolve(g: Growth, x: int) -> None:
    shape, source = g.shape(x), g.tensors[x]
    if len(shape) != 4:
        return
    deep = g.random.random() < 0.5
    size = [g.random.randint(1, min(3, extent)) for extent in shape[1:3]]
    stride = g.random.randint(1, 2)
    same = g.random.random() < 0.5
    out = [-(-n // stride) if same else (n - k) // stride + 1
           for n, k in zip(shape[1:3], size, strict=True)]  # fmt: skip
    channels = shape[3] * g.random.randint(1, 2) if deep else g.random.randint(1, 6)
    common = {
        "padding": 0 if same else 1,
        "strideH": stride,
        "strideW": stride,
        "dilationHFactor": 1,
        "dilationWFactor": 1,
        "fusedActivationFunction": g.random.choice([0, 1, 3]),
    }
    if deep:
        weights = g.weights((1, *size, channels), channels=channels, axis=3)
        made = options_of("DepthwiseConv2D", depthMultiplier=channels // shape[3], **common)
        code = OperatorCode.DEPTHWISE_CONV_2D
    else:
        weights = g.weights((channels, *size, shape[3]), channels=channels)
        made, code = options_of("Conv2D", **common), OperatorCode.CONV_2D
    inputs = [x, g.tensor(weights), g.tensor(g.bias(source, weights, channels))]
    g.add(code, inputs, [g.int8((shape[0], *out, channels))], made)


def connect(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if not shape:
        return
    channels = g.random.randint(1, 9)
    weights = g.weights((channels, shape[-1]))
    inputs = [x, g.tensor(weights), g.tensor(g.bias(g.tensors[x], weights, channels))]
    made = options_of("FullyConnected", keepNumDims=True)
    rows = int(np.prod(shape[:-1], dtype=int))
    g.add(OperatorCode.FULLY_CONNECTED, inputs, [g.int8((rows, channels))], made)


def pool(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 4:
        return
    size = [g.random.randint(1, min(3, extent)) for extent in shape[1:3]]
    out = [n - k + 1 for n, k in zip(shape[1:3], size, strict=True)]
    made = options_of("Pool2D", padding=1, strideH=1, strideW=1, filterHeight=size[0],
                      filterWidth=size[1])  # fmt: skip
    code = g.random.choice([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D])
    g.add(code, [x], [g.like(x, (shape[0], *out, shape[3]))], made)


def arithmetic(g: Growth, x: int) -> None:
    shape = g.shape(x)
    others = [n for n in g.open if g.shape(n) == shape]
    if g.random.random() < 0.4 and shape:
        constant_one = replace(g.int8(shape[-1:]), values=g.values(shape[-1:]))
        other = g.tensor(constant_one)
    else:
        other = g.random.choice(others)
    name, code = g.random.choice(
        [("Add", OperatorCode.ADD), ("Sub", OperatorCode.SUB), ("Mul", OperatorCode.MUL)]
    )
    made = options_of(name, fusedActivationFunction=g.random.choice([0, 0, 1]))
    inputs = [x, other] if g.random.random() < 0.5 or g.shape(other) != shape else [other, x]
    g.add(code, inputs, [g.int8(shape)], made)


def table(g: Growth, x: int) -> None:
    shape = g.shape(x)
    code, result, made = g.random.choice(
        [
            (OperatorCode.LOGISTIC, g.int8(shape, 1 / 256, -128), None),
            (OperatorCode.TANH, g.int8(shape, 1 / 128, 0), None),
            (OperatorCode.RELU, g.int8(shape), None),
            (OperatorCode.RELU6, g.like(x, shape), None),
            (OperatorCode.LEAKY_RELU, g.int8(shape), options_of("LeakyRelu", alpha=0.1)),
            (OperatorCode.HARD_SWISH, g.int8(shape), options_of("HardSwish")),
        ]
    )
    g.add(code, [x], [result], made)


def compare(g: Growth, x: int) -> None:
    """The greater or lesser of two of one quantisation, or what is below 0 times constants."""
    shape = g.shape(x)
    if not 1 <= len(shape) <= 4:
        return
    ones = (*[1] * (len(shape) - 1), shape[-1])
    if g.random.random() < 0.3:
        slope = g.tensor(replace(g.int8(ones), values=g.values(ones)))
        g.add(OperatorCode.PRELU, [x, slope], [g.int8(shape)])
        return
    other = g.tensor(replace(g.like(x, ones), values=g.values(ones)))
    code = g.random.choice([OperatorCode.MAXIMUM, OperatorCode.MINIMUM])
    g.add(code, [x, other], [g.like(x, shape)], options_of("MaximumMinimum"))


def scatter(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 4:
        return
    channels, stride = g.random.randint(1, 4), g.random.randint(1, 2)
    size = [g.random.randint(1, 3), g.random.randint(1, 3)]
    after = (shape[0], shape[1] * stride, shape[2] * stride, channels)
    weights = g.weights((channels, *size, shape[3]), channels=channels)
    bias = g.bias(g.tensors[x], weights, channels)
    inputs = [g.tensor(constant(*after)), g.tensor(weights), x, g.tensor(bias)]
    made = options_of("TransposeConv", strideH=stride, strideW=stride)
    g.add(OperatorCode.TRANSPOSE_CONV, inputs, [g.int8(after)], made)


def soften(g: Growth, x: int) -> None:
    if 1 <= len(g.shape(x)) <= 4:
        made = options_of("Softmax", beta=1.0)
        g.add(OperatorCode.SOFTMAX, [x], [g.int8(g.shape(x), 1 / 256, -128)], made)


def requantise(g: Growth, x: int) -> None:
    if g.random.random() < 0.2:
        result = TensorSpec(g.shape(x), ElementType.FLOAT32)
        g.add(OperatorCode.DEQUANTIZE, [x], [result], options_of("Dequantize"))
    else:
        result = g.random.choice([g.int8(g.shape(x)), g.like(x, g.shape(x))])
        g.add(OperatorCode.QUANTIZE, [x], [result], options_of("Quantize"))


def reshape(g: Growth, x: int) -> None:
    shape = g.shape(x)
    count = int(np.prod(shape, dtype=int))
    kind = g.random.randrange(3)
    if kind == 0:
        factor = g.random.choice([n for n in range(1, count + 1) if count % n == 0])
        after: Shape = (1, factor, 1, count // factor)
        g.add(OperatorCode.RESHAPE, [x, g.tensor(constant(*after))], [g.like(x, after)],
              options_of("Reshape"))  # fmt: skip
    elif kind == 1 and len(shape) < 5:
        axis = g.random.randint(0, len(shape))
        after = (*shape[:axis], 1, *shape[axis:])
        g.add(OperatorCode.EXPAND_DIMS, [x, g.tensor(constant(axis))], [g.like(x, after)],
              options_of("ExpandDims"))  # fmt: skip
    elif any(extent > 1 for extent in shape):
        after = tuple(extent for extent in shape if extent > 1)
        g.add(OperatorCode.SQUEEZE, [x], [g.like(x, after)], options_of("Squeeze"))


def transpose(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if 1 <= len(shape) <= 5:
        order = g.random.sample(range(len(shape)), len(shape))
        result = g.like(x, tuple(shape[axis] for axis in order))
        inputs = [x, g.tensor(constant(*order))]
        g.add(OperatorCode.TRANSPOSE, inputs, [result], options_of("Transpose"))


def join(g: Growth, x: int) -> None:
    """Join pieces of the quantisation of `x`, requantised where they have another."""
    shape = g.shape(x)
    if not 1 <= len(shape) <= 5:
        return
    axis = g.random.randrange(len(shape))
    parts = [x]
    for _ in range(g.random.randint(1, 3)):
        other = g.random.choice([n for n in g.open if g.shape(n) == shape])
        if g.random.random() < 0.5 or other == x:
            g.add(OperatorCode.QUANTIZE, [other], [g.like(x, shape)], options_of("Quantize"))
            parts.append(len(g.tensors) - 1)
        else:
            fixed = replace(g.like(x, shape), values=g.values(shape))
            parts.append(g.tensor(fixed))
    g.random.shuffle(parts)
    if g.random.random() < 0.6:
        after = (*shape[:axis], len(parts) * shape[axis], *shape[axis + 1 :])
        made = options_of("Concatenation", axis=axis)
        g.add(OperatorCode.CONCATENATION, parts, [g.like(x, after)], made)
    else:
        after = (*shape[:axis], len(parts), *shape[axis:])
        made = options_of("Pack", axis=axis, valuesCount=len(parts))
        g.add(OperatorCode.PACK, parts, [g.like(x, after)], made)


def cut(g: Growth, x: int) -> None:
    shape = g.shape(x)
    wide = [axis for axis, extent in enumerate(shape) if extent > 1]
    if not wide:
        return
    axis = g.random.choice(wide)
    extent = shape[axis]

    def part(width: int) -> TensorSpec:
        return g.like(x, (*shape[:axis], width, *shape[axis + 1 :]))

    if g.random.random() < 0.5:
        first = g.random.randint(1, extent - 1)
        inputs = [x, g.tensor(constant(first, -1)), g.tensor(constant(axis))]
        made = options_of("SplitV", numSplits=2)
        g.add(OperatorCode.SPLIT_V, inputs, [part(first), part(extent - first)], made)
    elif extent % 2 == 0:
        made = options_of("Split", numSplits=2)
        inputs = [g.tensor(constant(axis)), x]
        g.add(OperatorCode.SPLIT, inputs, [part(extent // 2)] * 2, made)
    elif extent <= 5 and len(shape) > 1:
        made = options_of("Unpack", num=extent, axis=axis)
        pieces = [g.like(x, shape[:axis] + shape[axis + 1 :])] * extent
        g.add(OperatorCode.UNPACK, [x], pieces, made)


def pick(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if not 1 <= len(shape) <= 4:
        return
    begin = [g.random.randrange(extent) for extent in shape]
    size = [g.random.randint(1, n - b) for n, b in zip(shape, begin, strict=True)]
    kind = g.random.randrange(3)
    if kind == 0:
        inputs = [x, g.tensor(constant(*begin)), g.tensor(constant(*size))]
        g.add(OperatorCode.SLICE, inputs, [g.like(x, tuple(size))], options_of("Slice"))
    elif kind == 1:
        ends = constant(*(b + n for b, n in zip(begin, size, strict=True)))
        strides = [g.random.randint(1, 2) for _ in shape]
        after = tuple(-(-n // s) for n, s in zip(size, strides, strict=True))
        inputs = [x, *(g.tensor(t) for t in (constant(*begin), ends, constant(*strides)))]
        g.add(OperatorCode.STRIDED_SLICE, inputs, [g.like(x, after)], options_of("StridedSlice"))
    else:
        axis = g.random.randrange(len(shape))
        places = [g.random.randrange(shape[axis]) for _ in range(g.random.randint(1, 4))]
        after = (*shape[:axis], len(places), *shape[axis + 1 :])
        inputs = [x, g.tensor(constant(*places))]
        g.add(OperatorCode.GATHER, inputs, [g.like(x, after)], options_of("Gather", axis=axis))


def widen(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if not 1 <= len(shape) <= 5:
        return
    kind = g.random.randrange(3)
    if kind == 0:
        pairs = [(g.random.randint(0, 2), g.random.randint(0, 2)) for _ in shape]
        after = tuple(n + sum(pair) for n, pair in zip(shape, pairs, strict=True))
        paddings = TensorSpec((len(pairs), 2), ElementType.INT32, values=np.array(pairs, np.int32))
        inputs = [x, g.tensor(paddings)]
        if g.random.random() < 0.5:
            g.add(OperatorCode.PAD, inputs, [g.like(x, after)], options_of("Pad"))
        else:
            value = replace(g.like(x, (1,)), values=g.values((1,)))
            inputs.append(g.tensor(value))
            g.add(OperatorCode.PADV2, inputs, [g.like(x, after)], options_of("PadV2"))
    elif kind == 1 and len(shape) == 4:
        size = (g.random.randint(1, 6), g.random.randint(1, 6))
        made = options_of("ResizeNearestNeighbor", alignCorners=g.random.random() < 0.5)
        inputs = [x, g.tensor(constant(*size))]
        after = (shape[0], *size, shape[3])
        g.add(OperatorCode.RESIZE_NEAREST_NEIGHBOR, inputs, [g.like(x, after)], made)
    elif shape[0] == 1:
        after = (3, *shape[1:])
        inputs = [x, g.tensor(constant(*after))]
        g.add(OperatorCode.BROADCAST_TO, inputs, [g.like(x, after)], options_of("BroadcastTo"))


def blocks(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 4:
        return
    batch, height, width, depth = shape
    if depth % 4 == 0:
        made = options_of("DepthToSpace", blockSize=2)
        result = g.like(x, (batch, 2 * height, 2 * width, depth // 4))
        g.add(OperatorCode.DEPTH_TO_SPACE, [x], [result], made)
    elif height % 2 == width % 2 == 0:
        made = options_of("SpaceToDepth", blockSize=2)
        result = g.like(x, (batch, height // 2, width // 2, 4 * depth))
        g.add(OperatorCode.SPACE_TO_DEPTH, [x], [result], made)


def reduce(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if not shape:
        return
    axis = g.random.randrange(len(shape))
    kept = g.random.random() < 0.5
    after = (*shape[:axis], *([1] if kept else []), *shape[axis + 1 :])
    inputs = [x, g.tensor(constant(axis))]
    made = options_of("Reducer", keepDims=kept)
    kind = g.random.randrange(5)
    if kind < 3:
        g.add(OperatorCode.MEAN, inputs, [g.int8(after)], made)
    elif kind < 4:
        g.add(OperatorCode.REDUCE_MAX, inputs, [g.like(x, after)], made)
    else:
        result = TensorSpec(shape[:axis] + shape[axis + 1 :], ElementType.INT32)
        made = options_of("ArgMax", outputType=int(ElementType.INT32))
        g.add(OperatorCode.ARG_MAX, inputs, [result], made)


def remember(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 3:
        return
    source = g.tensors[x]
    lstm = Lstm(
        *shape,
        units=g.random.randint(1, 5),
        input=(source.scales[0], (source.zero_points or (0,))[0]),
        seed=g.random.getrandbits(32),
    )
    specs = lstm.inputs()
    inputs = [x] + [-1 if spec is None else g.tensor(spec) for spec in specs[1:]]
    result = g.int8((*shape[:2], lstm.units), *lstm.hidden)
    code = OperatorCode.UNIDIRECTIONAL_SEQUENCE_LSTM
    g.add(code, inputs, [result], lstm.options())


def detour(g: Growth, x: int) -> None:
    """Go through int16: there, one operator, and back."""
    shape = g.shape(x)
    if not 1 <= len(shape) <= 4:
        return
    g.add(OperatorCode.QUANTIZE, [x], [g.int16(shape)], options_of("Quantize"))
    y = len(g.tensors) - 1
    g.random.choice((connect_wide, pass_wide, combine_wide))(g, y)
    z = len(g.tensors) - 1
    g.add(OperatorCode.QUANTIZE, [z], [g.int8(g.shape(z))], options_of("Quantize"))


def connect_wide(g: Growth, x: int) -> None:
    """A layer of int16 by int8: fully connected, or convolutions where there is an image."""
    shape, source = g.shape(x), g.tensors[x]
    window = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    deep, channels = g.random.random() < 0.5, g.random.randint(1, 6)
    if len(shape) == 4 and deep:
        channels = shape[3]
        weights = g.weights((1, 2, 2, channels), channels=channels, axis=3)
        after, code = shape, OperatorCode.DEPTHWISE_CONV_2D
        made = options_of("DepthwiseConv2D", depthMultiplier=1, **window)
    elif len(shape) == 4:
        weights = g.weights((channels, 2, 2, shape[3]), channels=channels)
        after, code = (*shape[:3], channels), OperatorCode.CONV_2D
        made = options_of("Conv2D", **window)
    else:
        weights = g.weights((channels, shape[-1]))
        after = (int(np.prod(shape[:-1], dtype=int)), channels)
        code, made = OperatorCode.FULLY_CONNECTED, options_of("FullyConnected", keepNumDims=True)
    bias = g.bias(source, weights, channels)
    wide = replace(bias, type=ElementType.INT64, values=np.asarray(bias.values, np.int64) << 20)
    g.add(code, [x, g.tensor(weights), g.tensor(wide)], [g.int16(after)], made)


def pass_wide(g: Growth, x: int) -> None:
    """An operator of one int16."""
    shape = g.shape(x)
    unit, same = g.int16(shape, 2**-15), g.like(x, shape)
    code, result, made = g.random.choice(
        [
            (OperatorCode.LOGISTIC, unit, None),
            (OperatorCode.TANH, unit, None),
            (OperatorCode.SOFTMAX, unit, options_of("Softmax", beta=1.0)),
            (OperatorCode.RELU, g.int16(shape), None),
            (OperatorCode.RELU6, same, None),
            (OperatorCode.QUANTIZE, g.int16(shape), options_of("Quantize")),
        ]
    )
    g.add(code, [x], [result], made)


def combine_wide(g: Growth, x: int) -> None:
    """A sum, difference or product of an int16 with itself."""
    name = g.random.choice(["Add", "Sub", "Mul"])
    made = options_of(name, fusedActivationFunction=g.random.choice([0, 1, 3]))
    g.add(OperatorCode[name.upper()], [x, x], [g.int16(g.shape(x))], made)


GROWERS: tuple[Callable[[Growth, int], None], ...] = (
    convolve, convolve, connect, pool, arithmetic, arithmetic, table, soften, requantise, reshape,
    transpose, join, join, cut, cut, pick, widen, compare, scatter, blocks, reduce, remember,
    detour,
)  # fmt: skip


def random_model(seed: int, operators: int = 8) -> bytes:
    """Return a model of about as many operators; the same for the same seed."""
    g = Growth(random.Random(seed))
    for _ in range(g.random.randint(1, 2)):
        rank = g.random.choice([2, 3, 4, 4, 4])
        shape = tuple(g.random.randint(1, 6) for _ in range(rank))
        g.inputs.append(g.tensor(g.int8((1, *shape[1:]) if g.random.random() < 0.8 else shape)))
    g.open += g.inputs
    for _ in range(20 * operators):
        if len(g.operators) >= operators:
            break
        x = g.random.choice(g.open[-4:] if g.random.random() < 0.7 else g.open)
        if np.prod(g.shape(x), dtype=int) <= _MOST_ELEMENTS:
            g.random.choice(GROWERS)(g, x)
    if not g.operators:
        requantise(g, g.inputs[0])
    return build_model(g.tensors, g.operators, g.inputs, _outputs(g))


def _outputs(g: Growth) -> list[int]:
    """Return what nothing reads, and some that others read too."""
    written = [number for operator in g.operators for number in operator.outputs]
    read = {number for operator in g.operators for number in operator.inputs}
    unread = [number for number in written if number not in read]
    g.random.shuffle(unread)
    more = [g.random.choice(written)]
    return list(dict.fromkeys(unread[:_MOST_OUTPUTS] + more))
