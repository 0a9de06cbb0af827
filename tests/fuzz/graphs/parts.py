"""Operators that join tensors, cut them or take parts of them."""

from dataclasses import replace

from compiler.graph import OperatorCode
from tests.compiler.model_builder import TensorSpec, constant

from .growth import Growth, options_of


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
