"""Operators that move all elements of a tensor, or repeat them."""

from dataclasses import replace

import numpy as np

from compiler.graph import ElementType, OperatorCode
from tests.compiler.model_builder import TensorSpec, constant

from .growth import Growth, Shape, options_of


def reshape(g: Growth, x: int) -> None:
    shape = g.shape(x)
    count = int(np.prod(shape, dtype=int))
    kind = g.random.randrange(3)
    if kind == 0:
        factor = g.random.choice([n for n in range(1, count + 1) if count % n == 0])
        after: Shape = (1, factor, 1, count // factor)
        g.add(
            OperatorCode.RESHAPE,
            [x, g.tensor(constant(*after))],
            [g.like(x, after)],
            options_of("Reshape"),
        )
    elif kind == 1 and len(shape) < 5:
        axis = g.random.randint(0, len(shape))
        after = (*shape[:axis], 1, *shape[axis:])
        g.add(
            OperatorCode.EXPAND_DIMS,
            [x, g.tensor(constant(axis))],
            [g.like(x, after)],
            options_of("ExpandDims"),
        )
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
