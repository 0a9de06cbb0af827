"""The reference: TensorFlow Lite Micro's interpreter, from the `tflite-micro` wheel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TensorDetails:
    """A tensor of the model's border: shape, NumPy type, and quantisation.

    `scale` is 0.0 where the tensor is not quantised.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float
    zero_point: int

    @property
    def elements(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.elements * self.dtype.itemsize


class Oracle:
    """A model in the reference interpreter, reset before every run.

    The interpreter prints to stderr and may abort the process on a hostile model: it
    belongs into a worker process or the command line, never into the server's.
    """

    inputs: tuple[TensorDetails, ...]
    outputs: tuple[TensorDetails, ...]

    def __init__(self, model: bytes) -> None:
        """Raise `NoOracle` without the wheel, `UnsupportedModel` where it refuses the model."""
        raise NotImplementedError

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the outputs for inputs of the model's own shapes and types."""
        raise NotImplementedError
