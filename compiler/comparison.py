"""Outputs of machine code against the oracle's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .border import TensorDetails
from .ulp import ulps
from .vectors import pack


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first element that differs: where, and what was expected and got."""

    vector: int
    tensor: int
    element: int
    expected: float
    got: float

    def __str__(self) -> str:
        return (
            f"vector {self.vector}, output {self.tensor}, element {self.element}:"
            f" expected {self.expected:.9g}, got {self.got:.9g}"
        )


class Comparison:
    """Outputs against the oracle's, element by element, bit by bit.

    Floats may differ by `tolerance` units in the last place, and all NaNs are one: which of
    them arithmetic gives is the core's affair.
    """

    def __init__(self, tensors: Sequence[TensorDetails], tolerance: int = 0) -> None:
        self._tensors = tensors
        self.tolerance = tolerance
        self.elements = 0
        self.mismatches = 0
        self.largest_ulp = 0
        self.first: Mismatch | None = None

    def add(self, vector: int, expected: Sequence[NDArray[Any]], outputs: Sequence[bytes]) -> None:
        """Compare the outputs of one vector."""
        for number, tensor in enumerate(self._tensors):
            wanted, got = pack([expected[number]]), outputs[number]
            self.elements += tensor.elements
            if wanted != got:
                self._differ(vector, number, tensor, wanted, got)

    def _differ(
        self, vector: int, number: int, tensor: TensorDetails, wanted: bytes, got: bytes
    ) -> None:
        little = tensor.dtype.newbyteorder("<")
        one, other = (np.frombuffer(data, little) for data in (wanted, got))
        if tensor.dtype == np.float32:
            far = ulps(one, other)
            self.largest_ulp = max(self.largest_ulp, int(far.max()))
            where = np.flatnonzero(far > self.tolerance)
        else:
            raw = np.dtype(f"V{tensor.dtype.itemsize}")  # bits
            where = np.flatnonzero(one.view(raw) != other.view(raw))
        self.mismatches += len(where)
        if self.first is None and len(where):
            at = int(where[0])
            self.first = Mismatch(vector, number, at, float(one[at]), float(other[at]))
