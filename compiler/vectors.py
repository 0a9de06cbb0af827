"""Input vectors to verify with, and tensors as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .graph import ElementType, Graph, OperatorCode

_BEYOND = 1.125  # random floats go so far beyond what they are quantised to


class TensorLike(Protocol):
    """What vectors need to know of a tensor."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent of each dimension."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy type of an element."""

    @property
    def zero_point(self) -> int:
        """Quantised value of 0.0."""


@dataclass(frozen=True, slots=True)
class Span:
    """The floats that a model tells apart: from `low` to `high`, in steps (0.0: not known)."""

    low: float = -1.0
    high: float = 1.0
    step: float = 0.0


def spans(graph: Graph) -> tuple[Span, ...]:
    """Return the span of each input: what the QUANTIZE that reads a float input keeps of it."""
    return tuple(_span(graph, tensor) for tensor in graph.inputs)


def random_vectors(
    tensors: Sequence[TensorLike],
    count: int,
    seed: int = 0,
    spans: Sequence[Span] | None = None,
) -> list[list[NDArray[Any]]]:
    """Return `count` vectors, each one array per tensor; the same seed gives the same vectors.

    The first is random, then come all minimum, all maximum, all zero point and
    minimum and maximum in turn, then random ones, of which each eleventh is made of minimum,
    maximum and zero point alone. Every other random vector of floats lies on half steps,
    where rounding is decided; where there are no steps, each tenth has NaN, infinities and
    denormals among its elements.
    """
    limits = spans or [Span() for _ in tensors]
    generator = np.random.Generator(np.random.PCG64(seed))
    vectors: list[list[NDArray[Any]]] = []
    for number in range(count):
        rows = zip(tensors, limits, strict=True)
        vectors.append([_tensor(generator, tensor, span, number) for tensor, span in rows])
    return vectors


def pack(arrays: Sequence[NDArray[Any]]) -> bytes:
    """Return tensors in order, little endian, no padding."""
    return b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)


def unpack(data: bytes, tensors: Sequence[TensorLike]) -> list[NDArray[Any]]:
    """Return the arrays of `pack`; raises ValueError where the length is another."""
    arrays, at = [], 0
    for tensor in tensors:
        little = tensor.dtype.newbyteorder("<")
        size = int(np.prod(tensor.shape, dtype=np.int64)) * little.itemsize
        array = np.frombuffer(data[at : at + size], dtype=little)
        arrays.append(array.astype(tensor.dtype).reshape(tensor.shape))
        at += size
    if at != len(data):
        raise ValueError(f"tensors of {at} B do not fill {len(data)} B")
    return arrays


def _tensor(
    generator: np.random.Generator, tensor: TensorLike, span: Span, number: int
) -> NDArray[Any]:
    low, high, zero = _limits(tensor, span)
    kind, shape = tensor.dtype, tensor.shape
    if number in _CONSTANT:
        return np.full(shape, (low, high, zero)[_CONSTANT[number]], dtype=kind)
    if number == _ALTERNATING:
        size = int(np.prod(shape, dtype=np.int64))
        return np.resize(np.array([low, high], dtype=kind), size).reshape(shape)
    if number % _EXTREME == 0 and number:
        return generator.choice(np.array([low, high, zero], dtype=kind), size=shape)
    if kind.kind != "f":
        return generator.integers(low, high, size=shape, dtype=kind, endpoint=True)
    values = generator.uniform(low * _BEYOND, high * _BEYOND, size=shape)
    if span.step and number % 2:
        values = (np.floor(values / span.step) + 0.5) * span.step
    elif not span.step and number % _NOT_FINITE == _NOT_FINITE - 1:
        rare = generator.choice(_RARE, size=shape)
        values = np.where(generator.random(shape) < _RARE_PART, rare, values)
    return values.astype(kind)


_CONSTANT = {1: 0, 2: 1, 3: 2}
_ALTERNATING = 4
_EXTREME = 11
_NOT_FINITE = 10  # none of a self-test over the air, where devices compare the bits of NaNs
_RARE = np.array([np.nan, np.inf, -np.inf, 1e-40, -0.0, 3e38])
_RARE_PART = 0.1


def _limits(tensor: TensorLike, span: Span) -> tuple[Any, Any, Any]:
    """Return least, greatest and zero of a tensor's elements."""
    if tensor.dtype.kind == "f":
        return span.low, span.high, 0.0
    if tensor.dtype.kind == "b":
        return False, True, False
    limits = np.iinfo(tensor.dtype)
    return limits.min, limits.max, tensor.zero_point


_LIMITS = {ElementType.INT8: (-128, 127), ElementType.INT16: (-(1 << 15), (1 << 15) - 1)}


def _span(graph: Graph, tensor: int) -> Span:
    for operator in graph.operators:
        if operator.code is not OperatorCode.QUANTIZE or operator.inputs != (tensor,):
            continue
        output = graph.output(operator)
        if output.type in _LIMITS and output.quantization:
            scale, zero_point = output.quantization.scale, output.quantization.zero_point
            least, most = _LIMITS[output.type]
            return Span((least - zero_point) * scale, (most - zero_point) * scale, scale)
    return Span()
