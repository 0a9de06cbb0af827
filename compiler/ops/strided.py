"""Operators that only move elements, each from a place that nested loops tell: fewest loops."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from .call import ArrayArgument, Call, CType, SizeArgument, TensorArgument, copy, kernel

RANK: Final = 5
"""Most loops; TML_STRIDED_RANK of the kernel."""


class Loop(NamedTuple):
    """How often, and how many elements (or bytes) on in input and output each time."""

    extent: int
    input: int
    output: int


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """Return the elements from one index to the next of each dimension."""
    steps = accumulate(reversed(shape[1:]), int.__mul__, initial=1)
    return tuple(steps)[::-1] if shape else ()


def reading(shape: Sequence[int], steps: Sequence[int]) -> list[Loop]:
    """Return loops that fill an output of `shape` from an input with these steps."""
    return [Loop(*loop) for loop in zip(shape, steps, row_major(shape), strict=True)]


def merged(loops: Sequence[Loop], size: int) -> tuple[list[Loop], int]:
    """Return the fewest loops, the outermost first, and the bytes that lie together.

    `loops` count elements of `size` bytes; those that are returned count bytes.
    """
    found: list[Loop] = []
    for extent, source, result in reversed(loops):
        inner = found[-1] if found else Loop(1, 0, 0)
        if extent == 1:
            continue
        if found and (source, result) == (inner.extent * inner.input, inner.extent * inner.output):
            found[-1] = inner._replace(extent=inner.extent * extent)
        else:
            found.append(Loop(extent, source, result))
    block = size
    if found and found[0][1:] == (1, 1):
        block *= found.pop(0).extent
    return [Loop(n, size * one, size * two) for n, one, two in reversed(found)], block


def call(
    loops: Sequence[Loop], size: int, source: TensorArgument | ArrayArgument, result: TensorArgument
) -> Call:
    """Return the call that moves elements of `size` bytes as `loops` of at most RANK say."""
    outer, block = merged(loops, size)
    if not outer and isinstance(source, TensorArgument):
        return copy(source, result, block)
    missing = RANK - len(outer)
    extents, inputs, outputs = zip(*outer, strict=True) if outer else ((), (), ())
    return kernel(
        "strided",
        {
            "extent": (1,) * missing + tuple(extents),
            "input_step": (0,) * missing + tuple(inputs),
            "output_step": (0,) * missing + tuple(outputs),
            "bytes": block,
        },
        source,
        result,
    )


def fill(value: bytes, elements: int, result: TensorArgument) -> Call:
    """Return the call that fills `result` with elements that are all `value`."""
    if len(set(value)) == 1:
        arguments = (result, SizeArgument(value[0]), SizeArgument(elements * len(value)))
        return Call("memset", arguments, headers=("<string.h>",))
    source = ArrayArgument("fill", CType.INT8, value)
    return call([Loop(elements, 0, 1)], len(value), source, result)


def fits(loops: Sequence[Loop]) -> bool:
    """Whether the kernel has as many loops."""
    return len(merged(loops, 1)[0]) <= RANK
