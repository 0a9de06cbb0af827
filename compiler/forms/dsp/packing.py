"""Weights as `row_dsp.h` wants them: two channels in each half of a word."""

import numpy as np
from numpy.typing import NDArray

_ORDER = (0, 2, 1, 3)
"""How SXTB16 takes four bytes apart: into halves of a first word, then of a second."""

_SUM_MAX = 2**23
"""What the sums of odd channels stay below, so that 256 times them does not wrap."""


def halves(value: int) -> int:
    """Return a word with `value` in both halves."""
    return int.from_bytes(value.to_bytes(2, "little", signed=True) * 2, "little", signed=True)


def quarters(value: int) -> int:
    """Return a word with `value` in all bytes."""
    return int.from_bytes(value.to_bytes(1, "little", signed=True) * 4, "little", signed=True)


def padded(size: int) -> int:
    """Return a row's size in bytes, rounded up to whole words."""
    return -(-size // 4) * 4


def bytes_in_words(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return values that fit into bytes, four to a word, the last one padded with zeros."""
    data = values.ravel().astype("<i1")
    return np.pad(data, (0, -len(data) % 4)).view("<i4")


def packable(rows: NDArray[np.int64]) -> bool:
    """Whether the weights, a row per channel, fit into pairs."""
    even, odd = _pairs(rows)
    halves = 256 * odd + even
    return bool(
        halves.min(initial=0) >= -(2**15)
        and halves.max(initial=0) < 2**15
        and 128 * np.abs(odd).sum(axis=1).max(initial=0) < _SUM_MAX
    )


def packed(rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the words of each pair of channels, a row each.

    Rows are padded with zeros, and their number to an even one.
    """
    even, odd = _pairs(rows)
    halves = (256 * odd + even).astype("<i2")
    groups: NDArray[np.int16] = halves.reshape(len(halves), -1, 4)[:, :, _ORDER]
    return groups.reshape(len(halves), -1).copy().view("<i4")


def doubled(rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the words of `conv_2d_pairs_dsp.h`: of each pair of channels a row.

    Rows are padded with zeros, and their number to an even one.
    """
    fours = [side.reshape(len(side), -1, 4)[:, :, _ORDER] for side in _pairs(rows)]
    halves: NDArray[np.int16] = (2 * np.stack(fours, axis=2)).astype("<i2")
    return halves.reshape(len(halves), -1).view("<i4")


def _pairs(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    channels, size = rows.shape
    whole = np.pad(rows, ((0, channels % 2), (0, padded(size) - size)))
    return whole[0::2], whole[1::2]
