"""How far float32 numbers are apart, in units in the last place."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .graph import ElementType, Graph, OperatorCode

TRANSCENDENTAL: Final = {OperatorCode.LOGISTIC, OperatorCode.SOFTMAX, OperatorCode.TANH}
"""Operators whose floats come from a mathematical library, of which no two give equal bits."""

TOLERANCE: Final = 2
"""Units in the last place that these may be off."""


def tolerance(graph: Graph) -> int:
    """Return by how many units in the last place a float output may differ from the oracle's.

    0 where all arithmetic is that of IEEE 754, which leaves no freedom.
    """
    free = any(
        operator.code in TRANSCENDENTAL and graph.output(operator).type is ElementType.FLOAT32
        for operator in graph.operators
    )
    return TOLERANCE if free else 0


def ulps(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return how many float32 numbers lie between each two, the second counted.

    0 and -0 are 1 apart, so that 0 means equal bits; but all NaNs are one.
    """
    distance = np.abs(_rank(one) - _rank(other))
    return np.where(np.isnan(one) & np.isnan(other), 0, distance)


def _rank(numbers: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return where each number stands in the order of all, from -0 down at -1, from 0 up at 0."""
    bits = numbers.astype(np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF) - 1, bits)
