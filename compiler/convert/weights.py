"""Which of a model's variables are weights that pruning and clustering work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kernel:
    """The weights of one layer that multiply its input; `variable` holds them."""

    name: str
    variable: Any

    @property
    def values(self) -> Weights:
        """The weights, output channels last."""
        return np.asarray(self.variable.numpy(), np.float32)

    def assign(self, values: Weights) -> None:
        """Put other weights in their place."""
        self.variable.assign(values)

    @property
    def depthwise(self) -> bool:
        """Whether each channel has its own few weights: (height, width, channels, 1)."""
        shape = self.variable.shape
        return len(shape) >= 3 and shape[-1] == 1


def kernels_of(variables: Sequence[Any]) -> tuple[Kernel, ...]:
    """Return the kernels among variables: of floating point, with two dimensions or more."""
    return tuple(
        Kernel(str(getattr(variable, "path", variable.name)), variable)
        for variable in variables
        if len(variable.shape) >= 2 and np.issubdtype(np.dtype(_dtype(variable)), np.floating)
    )


def _dtype(variable: Any) -> str:
    dtype = variable.dtype
    return str(getattr(dtype, "name", dtype))
