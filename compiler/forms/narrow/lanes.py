"""Two weights to a word, and runs of products short enough that both keep to 16 bits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LENGTHS = (8, 4, 3, 2, 1)
"""Of runs, the longest first; each is unrolled in pairs_narrow.c. 1 is always safe."""

COLUMNS = (9, 3, 1)
"""As `LENGTHS`, of windows of three by three in planes_narrow.c."""

LANE = 1 << 15

CHANNELS = 4
"""Two words of two, which share each input."""


def safe(rows: NDArray[np.int64], lengths: Sequence[int] = LENGTHS) -> NDArray[np.bool_]:
    """Return for each row and each of `lengths` whether no run of it can leave its lane.

    The rest behind the last whole run is taken one by one. Inputs are any int8. What is
    safe at a length need not be at a shorter one, whose runs begin elsewhere.
    """
    found = np.zeros((len(rows), len(lengths)), np.bool_)
    for position, length in enumerate(lengths):
        count = rows.shape[1] // length
        runs = rows[:, : count * length].reshape(len(rows), count, length)
        positive, negative = np.maximum(runs, 0).sum(axis=2), np.minimum(runs, 0).sum(axis=2)
        most = (127 * positive - 128 * negative).max(axis=1, initial=0)
        least = (127 * negative - 128 * positive).min(axis=1, initial=0)
        found[:, position] = (most < LANE) & (least >= -LANE) & (count > 0)
    return found


def longest(allowed: NDArray[np.bool_], lengths: Sequence[int] = LENGTHS) -> NDArray[np.int64]:
    """Return the greatest length of each row of what `safe` returned."""
    found: NDArray[np.int64] = np.array(lengths)[allowed.argmax(axis=1)]
    return found


def packed(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the words of blocks of four rows, tap after tap: rows 0 and 1, rows 2 and 3."""
    low, high = rows[0::2], rows[1::2]
    words = (low + (high << 16)).astype(np.int32).astype(np.int64)
    return words.reshape(-1, 2, rows.shape[1]).transpose(0, 2, 1).reshape(-1)
