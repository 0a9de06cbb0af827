"""Requantisation by two 32-bit products, proven for every sum that a channel can have.

The int8 that a channel gives never falls where its sum rises: it is a staircase of at most
256 steps. Arithmetic that never falls either is the same everywhere if it is the same on
both sides of each step; ours may only fall at 0, where its offset changes.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...fixed_point import Integers, requantize
from ...quantization import Multiplier

_LIMIT = 1 << 31
_FAR = 1 << 40
_BYTE = 24
"""Bits below the output in 32."""


class Output(NamedTuple):
    """How requantised sums become int8: what is added, and the clamp."""

    zero_point: int
    low: int
    high: int


class Staircase(NamedTuple):
    """The top byte of s * upper + (s * lower >> fraction) + offset; s is the sum from `low`.

    It is clamped to 0 and `width`. All is in 32 bits without a sign, modulo 2^32.
    `if_negative` is added to the offset where the sum is: where s < zero. The reference
    rounds away from zero.
    """

    low: int
    width: int
    upper: int
    lower: int
    fraction: int
    offset: int
    zero: int
    if_negative: int

    def words(self) -> tuple[int, ...]:
        """Return all but `low`, as numbers of 32 bits with a sign."""
        return tuple(signed(value) for value in self[1:])

    def products(self, sums: Integers) -> Integers:
        """Return what is added to the offset for sums from low to low + width."""
        s = sums - self.low
        return s * self.upper + (s * self.lower >> self.fraction)

    def at(self, sums: Integers) -> Integers:
        """Return the outputs for sums."""
        s = np.clip(sums, self.low, self.low + self.width)
        offset = self.offset + np.where(s - self.low < self.zero, self.if_negative, 0)
        outputs: Integers = ((self.products(s) + offset) >> _BYTE & 0xFF).astype(np.int8)
        return outputs.astype(np.int64)


def signed(value: int) -> int:
    """Return the number from -2^31 to 2^31 - 1 that equals `value` modulo 2^32."""
    return (value + _LIMIT) % (2 * _LIMIT) - _LIMIT


@lru_cache(maxsize=1 << 12)
def staircase(multiplier: Multiplier, output: Output, least: int, most: int) -> Staircase | None:
    """Return what equals the reference for all sums from `least` to `most`; None if none does."""
    if multiplier.shift > 0:
        return None
    sums = _sides(multiplier, output, least, most)
    wanted = _outputs(sums, multiplier, output)
    if wanted[0] == wanted[-1]:
        return Staircase(least, 0, 0, 0, 0, int(wanted[0]) << _BYTE, 0, 0)
    # Ends that are clamped to: the sums next to the first step and to the last one.
    inner = np.flatnonzero(np.diff(wanted))
    low, high = int(sums[inner[0]]), int(sums[inner[-1] + 1])
    if low - least > _LIMIT or most - low >= _LIMIT:
        return None
    near = (sums >= low) & (sums <= high)
    for steps in _candidates(multiplier, low, high):
        found = _with_offset(steps, sums[near], wanted[near])
        if found is not None:
            return found if np.array_equal(found.at(sums), wanted) else None
    return None


def _candidates(multiplier: Multiplier, low: int, high: int) -> Iterator[Staircase]:
    """Yield staircases without an offset, whose slopes are as near as there are."""
    width = high - low
    fraction = 32 - width.bit_length()
    zero = min(max(-low, 0), width + 1)
    nearest = round(multiplier.value * 2.0 ** (multiplier.shift - 31 + _BYTE + fraction))
    for factor in (nearest + away for away in (0, 1, -1, 2, -2)):
        upper, lower = divmod(factor, 1 << fraction)
        yield Staircase(low, width, upper, lower, fraction, 0, zero, 0)


def _with_offset(steps: Staircase, sums: Integers, wanted: Integers) -> Staircase | None:
    """Return `steps` with the offsets that give `wanted`; None if none do."""
    least = (wanted << _BYTE) - steps.products(sums)
    offsets = []
    for side in (sums >= 0, sums < 0):
        first = int(least.max(where=side, initial=-_FAR))
        last = int(least.min(where=side, initial=_FAR)) + (1 << _BYTE) - 1
        if first > last:
            return None
        offsets.append((first + last) >> 1)
    positive, negative = offsets if sums[0] < 0 <= sums[-1] else [offsets[int(sums[0] < 0)]] * 2
    return steps._replace(offset=positive, if_negative=negative - positive)


def _outputs(sums: Integers, multiplier: Multiplier, output: Output) -> Integers:
    return np.clip(requantize(sums, multiplier) + output.zero_point, output.low, output.high)


def _sides(multiplier: Multiplier, output: Output, least: int, most: int) -> Integers:
    """Return the sums on both sides of every step and of 0, and both ends; in order."""
    targets = np.arange(output.low + 1, output.high + 1, dtype=np.int64)
    below = np.full(len(targets), least - 1, np.int64)
    above = np.full(len(targets), most + 1, np.int64)
    while (above - below).max(initial=0) > 1:
        middle = (below + above) >> 1
        reached = _outputs(middle, multiplier, output) >= targets
        above, below = np.where(reached, middle, above), np.where(reached, below, middle)
    return np.unique(np.clip(np.concatenate((below, above, [least, -1, 0, most])), least, most))
