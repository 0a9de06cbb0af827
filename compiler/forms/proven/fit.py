"""Cheap integer arithmetic that equals a given function for every input; pure.

All of it ends in `clamp((value + offset (+ if_negative where value < 0)) >> shift)`, the value
about a real multiple of the output without its zero point. The reference rounds away from zero,
which is why the sign matters. The factors follow from the real slopes; what is searched are
their last bits, and the offsets: each input whose output lies within the clamp bounds them
from below or above, and any offset between all bounds will do.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from types import EllipsisType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...fixed_point import Integers

FRACTION_BITS = 14
"""Of a product's factor; TML_PRODUCT_FRACTION of the kernel."""

Ends = tuple[int, int]
"""What outputs are clamped to: the least and the greatest of them."""

Where = NDArray[np.bool_] | EllipsisType

_NEAR = (0, 1, -1)
_SHIFTS = 2
_LIMIT = 1 << 31


class Rounding(NamedTuple):
    """What follows the value, as above."""

    offset: int
    if_negative: int
    shift: int
    ends: Ends


class Line(NamedTuple):
    """The value is the sum of each input times its factor."""

    factors: tuple[int, ...]
    rounding: Rounding


class Scaling(NamedTuple):
    """The value is p * factor / 2^FRACTION_BITS, rounded down."""

    factor: int
    rounding: Rounding


def line(outputs: Integers, inputs: Sequence[Integers], slopes: Sequence[float]) -> Line | None:
    """Return a line with about these slopes that gives `outputs` for `inputs`; None if none does.

    The arrays broadcast; all values of `inputs` are int8 less a zero point.
    """
    outputs, *inputs = np.broadcast_arrays(outputs, *inputs)

    def value(factors: Sequence[int], where: Where = ...) -> Integers:
        terms = (f * x[where] for f, x in zip(factors, inputs, strict=True))
        total: Integers = np.add.reduce(list(terms))
        return total

    ends = int(outputs.min()), int(outputs.max())
    for shift in _shifts(256 * sum(map(abs, slopes)) + 256):
        nearest, *others = _around([slope * (1 << shift) for slope in slopes])
        binding = _binding(outputs, value(nearest), shift, ends, margin=256 * len(slopes))
        for factors in (nearest, *others):
            if _rounding(outputs[binding], value(factors, binding), shift, ends) is None:
                continue
            found = _rounding(outputs, value(factors), shift, ends)
            if found is not None:
                return Line(factors, found)
    return None


def scaling(outputs: Integers, p: Integers, slope: float) -> Scaling | None:
    """Return a scaling of about this slope that gives `outputs` for `p`; None if none does."""
    ends = int(outputs.min()), int(outputs.max())
    for shift in _shifts(slope * int(np.abs(p).max()) + 256):
        for (factor,) in _around([slope * (1 << (shift + FRACTION_BITS))]):
            high, low = divmod(factor, 1 << FRACTION_BITS)
            found = _rounding(outputs, p * high + (p * low >> FRACTION_BITS), shift, ends)
            if found is not None and _fit(p * high):
                return Scaling(factor, found)
    return None


def _shifts(reach: float) -> Iterator[int]:
    """Yield the greatest shifts at which outputs up to `reach`, not clamped, keep to 32 bits."""
    if 0 < reach < _LIMIT:
        most = min(30, math.floor(math.log2(_LIMIT / reach)))
        yield from range(most, max(-1, most - _SHIFTS), -1)


def _around(reals: Sequence[float]) -> Iterator[tuple[int, ...]]:
    """Yield integers near `reals`, the nearest first."""
    steps = sorted(product(_NEAR, repeat=len(reals)), key=lambda step: sum(map(abs, step)))
    for step in steps:
        yield tuple(round(real) + away for real, away in zip(reals, step, strict=True))


def _rounding(outputs: Integers, value: Integers, shift: int, ends: Ends) -> Rounding | None:
    """Return what makes `outputs` of values; None if nothing does."""
    negative = value < 0
    offset = _offset(outputs[~negative], value[~negative], shift, ends)
    if offset is None:
        return None
    other = _offset(outputs[negative], value[negative], shift, ends, wanted=offset)
    if other is None:
        return None
    raised = np.where(negative, other, offset)
    if not _fit(value, raised, value + offset, value + raised, np.array(other - offset)):
        return None
    return Rounding(offset, other - offset, shift, ends)


def _bounds(outputs: Integers, value: Integers, shift: int) -> tuple[Integers, Integers]:
    """Return the least and the most that may be added to each value before it is shifted."""
    least = (outputs << shift) - value
    return least, least + (1 << shift) - 1


def _binding(
    outputs: Integers, value: Integers, shift: int, ends: Ends, margin: int
) -> NDArray[np.bool_]:
    """Return which inputs can bound an offset, where values move by `margin` at most."""
    (least, most), (low, high) = _bounds(outputs, value, shift), ends
    found: NDArray[np.bool_] = np.zeros(outputs.shape, np.bool_)
    for side in (value < 0, value >= 0):
        inner, outer = side & (outputs > low), side & (outputs < high)
        lower = least.max(where=inner, initial=-_LIMIT) - 2 * margin
        upper = most.min(where=outer, initial=_LIMIT) + 2 * margin
        found |= inner & (least >= lower) | outer & (most <= upper)
    return found


def _offset(
    outputs: Integers, value: Integers, shift: int, ends: Ends, wanted: int = 0
) -> int | None:
    """Return what to add to `value` so that shifting and clamping to `ends` gives `outputs`.

    Of all that will do it is the nearest to `wanted`.
    """
    (least, most), (low, high) = _bounds(outputs, value, shift), ends
    lower = int(least.max(where=outputs > low, initial=-_LIMIT))
    upper = int(most.min(where=outputs < high, initial=_LIMIT - 1))
    return min(max(wanted, lower), upper) if lower <= upper else None


def _fit(*values: Integers) -> bool:
    """Whether all values keep to 32 bits."""
    return all((value >= -_LIMIT).all() and (value < _LIMIT).all() for value in values)
