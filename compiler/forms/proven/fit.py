"""Cheap integer arithmetic that equals a given function for every input; pure.

All of it ends in `clamp(value >> shift)`, the value within 32 bits. The factors follow from the
real slopes; what is searched are the last bits of them, and an offset: each input whose output
lies within the clamp bounds it from below or above, and any offset between all bounds will do.
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


class Line(NamedTuple):
    """clamp((sum of factor * input + offset) >> shift)."""

    factors: tuple[int, ...]
    offset: int
    shift: int
    ends: Ends


class Scaling(NamedTuple):
    """clamp((p * factor / 2^FRACTION_BITS + offset (+ if_negative where p < 0)) >> shift)."""

    factor: int
    offset: int
    if_negative: int
    shift: int
    ends: Ends


def line(outputs: Integers, inputs: Sequence[Integers], slopes: Sequence[float]) -> Line | None:
    """Return a line with about these slopes that gives `outputs` for `inputs`; None if none does.

    The arrays broadcast; all values of `inputs` are int8.
    """
    outputs, *inputs = np.broadcast_arrays(outputs, *inputs)

    def value(factors: Sequence[int], where: Where = ...) -> Integers:
        terms = (f * x[where] for f, x in zip(factors, inputs, strict=True))
        total: Integers = np.add.reduce(list(terms))
        return total

    ends = int(outputs.min()), int(outputs.max())
    for shift in _shifts(128 * sum(map(abs, slopes)) + 256):
        nearest, *others = _around([slope * (1 << shift) for slope in slopes])
        binding = _binding(outputs, value(nearest), shift, ends, margin=256 * len(slopes))
        for factors in (nearest, *others):
            if _offset(outputs[binding], value(factors, binding), shift, ends) is None:
                continue
            offset = _offset(outputs, value(factors), shift, ends)
            if offset is not None and _fit(value(factors), value(factors) + offset):
                return Line(factors, offset, shift, ends)
    return None


def scaling(outputs: Integers, p: Integers, slope: float) -> Scaling | None:
    """Return a scaling of about this slope that gives `outputs` for `p`; None if none does."""
    negative = p < 0
    ends = int(outputs.min()), int(outputs.max())
    for shift in _shifts(slope * int(np.abs(p).max()) + 256):
        for (factor,) in _around([slope * (1 << (shift + FRACTION_BITS))]):
            high, low = divmod(factor, 1 << FRACTION_BITS)
            value = p * high + (p * low >> FRACTION_BITS)
            offset = _offset(outputs[~negative], value[~negative], shift, ends)
            if offset is None:
                continue
            other = _offset(outputs[negative], value[negative], shift, ends, wanted=offset)
            if other is None:
                continue
            raised = np.where(negative, other, offset)
            if _fit(p * high, value, raised, value + raised):
                return Scaling(factor, offset, other - offset, shift, ends)
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


def _bounds(outputs: Integers, value: Integers, shift: int) -> tuple[Integers, Integers]:
    """Return the least and the most that may be added to each value before it is shifted."""
    least = (outputs << shift) - value
    return least, least + (1 << shift) - 1


def _binding(
    outputs: Integers, value: Integers, shift: int, ends: Ends, margin: int
) -> NDArray[np.bool_]:
    """Return which inputs can bound the offset, where values move by `margin` at most."""
    (least, most), (low, high) = _bounds(outputs, value, shift), ends
    inner, outer = outputs > low, outputs < high
    found: NDArray[np.bool_] = inner & (
        least >= least.max(where=inner, initial=-_LIMIT) - 2 * margin
    )
    found |= outer & (most <= most.min(where=outer, initial=_LIMIT) + 2 * margin)
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
    return all(value.min() >= -_LIMIT and value.max() < _LIMIT for value in values)
