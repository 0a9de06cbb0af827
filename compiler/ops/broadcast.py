"""How two inputs are walked when they are repeated along dimensions they lack, as NumPy does."""

from itertools import accumulate
from typing import NamedTuple

import numpy as np

Shape = tuple[int, ...]


class Axis(NamedTuple):
    """Neighbouring dimensions of the output that both inputs walk as if they were one."""

    extent: int
    first: int
    """Elements of the first input from one index to the next; 0 where it is repeated."""
    second: int


def broadcasts_to(first: Shape, second: Shape, result: Shape) -> bool:
    """Whether NumPy's rules make `result` of both shapes."""
    try:
        return np.broadcast_shapes(first, second) == result
    except ValueError:
        return False


def axes(first: Shape, second: Shape, result: Shape) -> list[Axis]:
    """Return the fewest axes that walk the output in order, the outermost first."""
    found: list[Axis] = []
    steps = zip(_steps(first, len(result)), _steps(second, len(result)), strict=True)
    for extent, (one, two) in zip(reversed(result), steps, strict=True):
        if extent == 1:
            continue
        inner = found[-1] if found else None
        if inner and (one, two) == (inner.extent * inner.first, inner.extent * inner.second):
            found[-1] = inner._replace(extent=inner.extent * extent)
        else:
            found.append(Axis(extent, one, two))
    return found[::-1]


def row_steps(outer: list[Axis]) -> list[Axis]:
    """Return the axes with steps from the last place of all axes within to the first of the next
    index.
    """
    stepped: list[Axis] = []
    back_first = back_second = 0
    for extent, first, second in reversed(outer):
        stepped.append(Axis(extent, first - back_first, second - back_second))
        back_first += (extent - 1) * first
        back_second += (extent - 1) * second
    return stepped[::-1]


def _steps(shape: Shape, rank: int) -> list[int]:
    """Return the step of each of `rank` dimensions, the innermost first."""
    extents = list(reversed(shape)) + [1] * (rank - len(shape))
    places = accumulate(extents, int.__mul__, initial=1)
    return [place if extent > 1 else 0 for place, extent in zip(places, extents, strict=False)]
