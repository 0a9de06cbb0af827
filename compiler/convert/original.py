"""A model as it came in, whatever framework it is of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .request import Border, Quantisation

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or an output: name, shape for a batch of 1, element type.

    Axis i of the converted tensor is axis `order[i]` of the original's: a model of
    another framework may have its channels elsewhere.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...]

    @classmethod
    def plain(cls, name: str, shape: Sequence[int], dtype: str) -> "Port":
        """Return a port whose axes stay where they are."""
        return cls(name, tuple(shape), np.dtype(dtype), tuple(range(len(shape))))

    @property
    def converted_shape(self) -> tuple[int, ...]:
        """The shape in the converted model."""
        return tuple(self.shape[axis] for axis in self.order)

    def converted(self, samples: Array) -> Array:
        """Return samples (n, ...) of the original with the axes of the converted model."""
        return samples.transpose(self.order)

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}[{','.join(map(str, self.shape))}]"


Predict = Callable[[Sequence[Array]], list[Array]]
"""Samples of every input, axes as in the original, to outputs, axes as in the converted model."""

Sample = list[Array]
"""One sample of every input, as a batch of 1, axes as in the converted model."""

Convert = Callable[[Quantisation, Border, Iterable[Sample]], bytes]
"""Types of activations and of inputs and outputs, and calibration data, to a .tflite file."""


@dataclass(frozen=True)
class Original:
    """A model as it came in.

    `predict` computes it with its own framework, `convert` makes a .tflite of it.
    `variables` are all weights, which both read anew each time; `network` is the Keras
    model around them, None where the format has none.
    """

    format: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: int
    predict: Predict
    convert: Convert
    variables: tuple[Any, ...]
    network: Any = None


BATCH = 64
"""Samples that a framework gets at once."""


def in_batches(call: Predict, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of `call` for inputs (n, ...), asked for BATCH samples at a time."""
    count = len(inputs[0])
    parts = [
        call([samples[first : first + BATCH] for samples in inputs])
        for first in range(0, count, BATCH)
    ]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
