"""Requantisation by two 32-bit products, proven for every sum that a channel can have.

The int8 that a channel gives never falls where its sum rises: it is a staircase of at most
256 steps. Arithmetic that never falls either is the same everywhere if it is the same on
both sides of each step.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...fixed_point import Integers, requantize
from ...quantization import Multiplier

_LIMIT = 1 << 31


class Output(NamedTuple):
    """How requantised sums become int8: what is added, and the clamp."""

    zero_point: int
    low: int
    high: int


class Staircase(NamedTuple):
    """clamp(sum, low, high) as s: (s * upper + (s * lower >> fraction) + offset) >> shift.

    `if_negative` is added to the offset where s is; the reference rounds away from zero.
    """

    low: int
    high: int
    upper: int
    lower: int
    fraction: int
    offset: int
    if_negative: int
    shift: int

    def products(self, sums: Integers) -> Integers:
        """Return what is added to the offset for sums from low to high."""
        return sums * self.upper + (sums * self.lower >> self.fraction)

    def at(self, sums: Integers) -> Integers:
        """Return the outputs for sums."""
        s = np.clip(sums, self.low, self.high)
        offset = self.offset + np.where(s < 0, self.if_negative, 0)
        outputs: Integers = (self.products(s) + offset) >> self.shift
        return outputs


@lru_cache(maxsize=1 << 12)
def staircase(multiplier: Multiplier, output: Output, least: int, most: int) -> Staircase | None:
    """Return what equals the reference for all sums from `least` to `most`; None if none does."""
    if multiplier.shift > 0:
        return None
    sums = _sides(multiplier, output, least, most)
    wanted = _outputs(sums, multiplier, output)
    if wanted[0] == wanted[-1]:
        return Staircase(0, 0, 0, 0, 0, int(wanted[0]), 0, 0)
    # Ends that are clamped to: the sums next to the first step and to the last one.
    inner = np.flatnonzero(np.diff(wanted))
    low, high = int(sums[inner[0]]), int(sums[inner[-1] + 1])
    near = (sums >= low) & (sums <= high)
    for steps in _candidates(multiplier, low, high):
        found = _with_offset(steps, sums[near], wanted[near])
        if found is not None:
            return found if np.array_equal(found.at(sums), wanted) else None
    return None


def _candidates(multiplier: Multiplier, low: int, high: int) -> Iterator[Staircase]:
    """Yield staircases without an offset: the finest slopes first, as near as there are."""
    slope = multiplier.value * 2.0 ** (multiplier.shift - 31)
    fraction = 30 - max(-low, high, 1).bit_length()
    for shift in range(22, 18, -1):
        nearest = round(slope * 2.0 ** (shift + fraction))
        for factor in (nearest + away for away in (0, 1, -1, 2, -2)):
            upper, lower = divmod(factor, 1 << fraction)
            yield Staircase(low, high, upper, lower, fraction, 0, 0, shift)


def _with_offset(steps: Staircase, sums: Integers, wanted: Integers) -> Staircase | None:
    """Return `steps` with the offsets that give `wanted`; None if none do, or not in 32 bits."""
    products = steps.products(sums)
    least = (wanted << steps.shift) - products
    offsets = []
    for side in (sums >= 0, sums < 0):
        first = int(least.max(where=side, initial=-_LIMIT))
        last = int(least.min(where=side, initial=_LIMIT)) + (1 << steps.shift) - 1
        if first > last:
            return None
        offsets.append((first + last) >> 1 if side.any() else 0)
    found = steps._replace(offset=offsets[0], if_negative=offsets[1] - offsets[0])
    total = products + np.where(sums < 0, offsets[1], offsets[0])
    values = (sums * steps.upper, products, products + offsets[0], total, np.diff(offsets))
    fit = all(value.min() >= -_LIMIT and value.max() < _LIMIT for value in values)
    return found if fit else None


def _outputs(sums: Integers, multiplier: Multiplier, output: Output) -> Integers:
    return np.clip(requantize(sums, multiplier) + output.zero_point, output.low, output.high)


def _sides(multiplier: Multiplier, output: Output, least: int, most: int) -> Integers:
    """Return the sums on both sides of every step, and both ends; in order."""
    targets = np.arange(output.low + 1, output.high + 1, dtype=np.int64)
    below = np.full(len(targets), least - 1, np.int64)
    above = np.full(len(targets), most + 1, np.int64)
    while (above - below).max(initial=0) > 1:
        middle = (below + above) >> 1
        reached = _outputs(middle, multiplier, output) >= targets
        above, below = np.where(reached, middle, above), np.where(reached, below, middle)
    return np.unique(np.clip(np.concatenate((below, above, [least, most])), least, most))
