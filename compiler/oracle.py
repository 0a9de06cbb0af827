"""The reference: TensorFlow Lite Micro's interpreter, from the `tflite-micro` wheel."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import NoOracle, UnsupportedModel

_ARENAS = tuple(1 << power for power in (18, 21, 24, 26, 28))
_MESSAGE = 2000


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

    The interpreter writes to the process's stderr, which is captured meanwhile, and
    may abort the process on a hostile model: it belongs into a worker process or
    the command line, never into the server's.
    """

    inputs: tuple[TensorDetails, ...]
    outputs: tuple[TensorDetails, ...]

    def __init__(self, model: bytes) -> None:
        """Raise `NoOracle` without the wheel, `UnsupportedModel` where it refuses the model."""
        with _captured() as said:
            self._interpreter = _interpreter(model, said)
            self.inputs = tuple(_details(self._interpreter.get_input_details))
            self.outputs = tuple(_details(self._interpreter.get_output_details))

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the outputs for inputs of the model's own shapes and types.

        Raises `UnsupportedModel` where the interpreter fails.
        """
        with _captured() as said:
            try:
                self._interpreter.reset()
                for index, array in enumerate(inputs):
                    self._interpreter.set_input(array, index)
                self._interpreter.invoke()
            except (RuntimeError, ValueError) as error:
                raise _refusal(error, said()) from error
            return [
                np.array(self._interpreter.get_output(index)).reshape(details.shape)
                for index, details in enumerate(self.outputs)
            ]


def _interpreter(model: bytes, said: Callable[[], str]) -> Any:
    """Return an interpreter with an arena grown until the model's tensors have a place."""
    try:
        from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415
    except ImportError as error:
        raise NoOracle(
            "the package `tflite-micro`, which proves builds, cannot be loaded on this host"
            f" ({sys.platform}): {error}"
        ) from error
    for size in _ARENAS:
        try:
            return runtime.Interpreter.from_bytes(model, arena_size=size)
        except Exception as error:
            text = said()
            if "missing: " not in text or size == _ARENAS[-1]:
                raise _refusal(error, text) from error
    raise AssertionError


def _refusal(error: Exception, said: str) -> UnsupportedModel:
    text = " ".join(said.split())[-_MESSAGE:] or str(error)
    return UnsupportedModel(f"TensorFlow Lite Micro refuses the model: {text}")


def _details(of: Callable[[int], dict[str, Any]]) -> Iterator[TensorDetails]:
    index = 0
    while True:
        try:
            told = of(index)
        except IndexError:
            return
        quantization = told["quantization_parameters"]
        scales, zero_points = quantization["scales"], quantization["zero_points"]
        yield TensorDetails(
            tuple(int(extent) for extent in told["shape"]),
            np.dtype(told["dtype"]),
            float(scales[0]) if len(scales) else 0.0,
            int(zero_points[0]) if len(zero_points) else 0,
        )
        index += 1


@contextmanager
def _captured() -> Iterator[Callable[[], str]]:
    """Take what C++ writes to stderr; what is given returns, and forgets, what was said."""
    with tempfile.TemporaryFile() as file:
        read = 0

        def said() -> str:
            nonlocal read
            text = os.pread(file.fileno(), 1 << 16, read)
            read += len(text)
            return text.decode("utf-8", "replace")

        sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(saved, 2)
            os.close(saved)
