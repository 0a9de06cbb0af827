"""Operators that compute without weights: element by element, or one of many."""

from dataclasses import replace

from compiler.graph import ElementType, OperatorCode
from tests.compiler.model_builder import TensorSpec, constant

from .growth import Growth, options_of


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


def requantise(g: Growth, x: int) -> None:
    if g.random.random() < 0.2:
        result = TensorSpec(g.shape(x), ElementType.FLOAT32)
        g.add(OperatorCode.DEQUANTIZE, [x], [result], options_of("Dequantize"))
    else:
        result = g.random.choice([g.int8(g.shape(x)), g.like(x, g.shape(x))])
        g.add(OperatorCode.QUANTIZE, [x], [result], options_of("Quantize"))


def pool(g: Growth, x: int) -> None:
    shape = g.shape(x)
    if len(shape) != 4:
        return
    size = [g.random.randint(1, min(3, extent)) for extent in shape[1:3]]
    out = [n - k + 1 for n, k in zip(shape[1:3], size, strict=True)]
    made = options_of(
        "Pool2D", padding=1, strideH=1, strideW=1, filterHeight=size[0], filterWidth=size[1]
    )
    code = g.random.choice([OperatorCode.MAX_POOL_2D, OperatorCode.AVERAGE_POOL_2D])
    g.add(code, [x], [g.like(x, (shape[0], *out, shape[3]))], made)


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


def soften(g: Growth, x: int) -> None:
    if 1 <= len(g.shape(x)) <= 4:
        made = options_of("Softmax", beta=1.0)
        g.add(OperatorCode.SOFTMAX, [x], [g.int8(g.shape(x), 1 / 256, -128)], made)
