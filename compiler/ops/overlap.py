"""How far an output must begin before its input so that it only covers what has been read.

A kernel that walks its output in ascending order has, after each stretch that it
writes, some input byte below which it reads nothing any more. Both ends tell the
least distance: vMCU's overlap (Zheng and others, MLSys 2024), to the pixel.
"""

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph, Operator
from . import windows
from .call import Overlap

_BATCHES_MAX = 64
"""More are not walked."""


def in_place(graph: Graph, operator: Operator, position: int = 0) -> tuple[Overlap, ...]:
    """Return the overlap of a kernel that reads and writes element after element, in order.

    It may read as many elements as it likes before it writes those of the same places.
    None where an input has other elements than the output (one of a broadcast).
    """
    source, result = graph.input(operator, position), graph.output(operator)
    number = operator.inputs[position]
    if number is None or source.constant or source.elements != result.elements:
        return ()
    growth = max(0, result.type.size - source.type.size)
    return (Overlap(number, operator.outputs[0], growth * source.elements),)


def window(
    graph: Graph,
    operator: Operator,
    size: tuple[int, int],
    *,
    group: int = 1,
    copied: bool = False,
    across: bool = False,
) -> tuple[Overlap, ...]:
    """Return the overlap of a kernel that walks a window over its first input.

    It goes over the output's pixels row by row, `group` of a row at a time (fewer at a
    row's end) or `across` all rows, and writes nothing of a group before it begins it.
    Where the input of a group is `copied` before the first of it is written, the group may
    cover it.
    """
    source, result = graph.input(operator, 0), graph.output(operator)
    number = operator.inputs[0]
    if number is None or source.constant or source.shape[0] > _BATCHES_MAX:
        return ()
    first = _first_read(graph, operator, size)
    width = first.size if across else result.shape[2]
    ends = np.minimum(np.arange(group - 1, width + group - 1, group), width - 1)
    rows = np.arange(first.size // width)[:, None] * width
    last = (rows + ends).ravel()
    begin = np.concatenate(([0], last[:-1] + 1))
    written = (last + 1) * (result.size // first.size)
    # What is needed from the next pixel on; behind the last one nothing is.
    needed = np.append(first, np.iinfo(np.int64).max)[last + 1 if copied else begin]
    return (Overlap(number, operator.outputs[0], int((written - needed).max())),)


def strips(
    graph: Graph, operator: Operator, size: tuple[int, int], rows: int
) -> tuple[Overlap, ...]:
    """Return the overlap of a kernel that walks a window over strips of so many rows of its output.

    It reads any of a strip's input and writes any of its output in any order, strip by strip.
    """
    source, result = graph.input(operator, 0), graph.output(operator)
    number = operator.inputs[0]
    if number is None or source.constant or source.shape[0] > _BATCHES_MAX:
        return ()
    batches, height, width, _ = result.shape
    first = _first_read(graph, operator, size).reshape(batches, height, width)[:, ::rows, 0]
    ends = np.minimum(np.arange(rows, height + rows, rows), height)
    written = (np.arange(batches)[:, None] * height + ends) * (result.size // (batches * height))
    return (Overlap(number, operator.outputs[0], int((written - first).max())),)


def _first_read(graph: Graph, operator: Operator, size: tuple[int, int]) -> NDArray[np.int64]:
    """Return, for each pixel of the output, the lowest byte that it or a later one reads."""
    source, result = graph.input(operator, 0), graph.output(operator)
    pixel = source.shape[3] * source.type.size
    steps = windows.window_of(operator).stride
    walks = windows.walk(graph, operator, size)
    rows, columns = (
        np.maximum(np.arange(walk.output) * step - walk.pad, 0)
        for walk, step in zip(walks, steps, strict=True)
    )
    image = np.arange(source.shape[0]) * source.shape[1] * source.shape[2]
    first = image[:, None, None] + rows[:, None] * source.shape[2] + columns
    # A window that lies below or beside the input reads nothing; it counts as reading early.
    lowest: NDArray[np.int64] = np.minimum.accumulate(first.ravel()[::-1])[::-1] * pixel
    if lowest.size != result.elements // result.shape[3]:
        raise ValueError(f"{operator} does not walk to its output")
    return lowest
