"""The tensors at a model's border, as the reference tells them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np


@dataclass(frozen=True, slots=True)
class TensorDetails:
    """An input or an output: shape, NumPy type, and quantisation.

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

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "shape": self.shape,
            "dtype": self.dtype.str,
            "scale": self.scale,
            "zero_point": self.zero_point,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Return the tensor that `to_json` told of."""
        return cls(tuple(row["shape"]), np.dtype(row["dtype"]), row["scale"], row["zero_point"])
