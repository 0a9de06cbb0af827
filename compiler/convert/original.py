"""A model as it came in, whatever framework it is of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UnsupportedSource
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
    model around them, None where the format has none. `batch` is how many samples its
    framework takes at once.
    """

    format: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: int
    predict: Predict
    convert: Convert
    variables: tuple[Any, ...]
    network: Any = None
    batch: int = 1


_BATCH = 64


def batch_of(name: str, shapes: Iterable[Sequence[int | None]]) -> int:
    """Return how many samples a model takes at once, by the shapes of its inputs.

    Raises `UnsupportedSource` for a batch that is fixed to another size than 1.
    """
    fixed = {shape[0] for shape in shapes} - {None}
    for extent in fixed - {1}:
        raise UnsupportedSource(
            f"{name} takes {extent} samples at once; devices have one: save the model with a"
            " batch of 1, or of any size"
        )
    return 1 if fixed else _BATCH


def in_batches(call: Predict, inputs: Sequence[Array], batch: int) -> list[Array]:
    """Return the outputs of `call` for inputs (n, ...), asked for `batch` samples at a time."""
    parts = [
        call([samples[first : first + batch] for samples in inputs])
        for first in range(0, len(inputs[0]), batch)
    ]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
