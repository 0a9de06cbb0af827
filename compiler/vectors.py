"""Input vectors to verify with, and tensors as bytes."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class TensorLike(Protocol):
    """What vectors need to know of a tensor."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of each dimension."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy type of an element."""

    @property
    def scale(self) -> float:
        """Quantisation scale, 0.0 where there is none."""

    @property
    def zero_point(self) -> int:
        """Quantised value of 0.0."""


def random_vectors(
    tensors: Sequence[TensorLike], count: int, seed: int = 0
) -> list[list[NDArray[Any]]]:
    """Return `count` vectors, each one array per tensor; the same seed gives the same vectors.

    First the extremes (all minimum, all maximum, zero point, alternating), then random.
    """
    raise NotImplementedError


def pack(arrays: Sequence[NDArray[Any]]) -> bytes:
    """Return tensors in order, little endian, no padding."""
    raise NotImplementedError


def unpack(data: bytes, tensors: Sequence[TensorLike]) -> list[NDArray[Any]]:
    """Return the arrays of `pack`; raises ValueError where the length is another."""
    raise NotImplementedError


def air_count(input_bytes: int) -> int:
    """Return how many vectors a self-test over the air has: at most 64 KiB, 3 to 8."""
    raise NotImplementedError
