"""A tensor on its way through an imported graph, and how its axes lie compared with ONNX."""

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import NDArray

Axes = tuple[int, ...]


def channels_last(rank: int) -> Axes:
    """Return where the axes of (N, C, spatial...) lie as (N, spatial..., C)."""
    return (0, *range(2, rank), 1) if rank > 2 else tuple(range(rank))


@dataclass(frozen=True, slots=True)
class Value:
    """What a name of the graph stands for.

    Axis i of `tensor` is axis `axes[i]` of the ONNX value; axis 0 is the batch in both.
    `block` is there where an (n, k) tensor is a flattened one whose axes lay otherwise:
    that tensor's shape without batch, and its axes. `low` is a bound that no element is
    below, where one is known.
    """

    tensor: Any
    axes: Axes
    block: tuple[Axes, Axes] | None = None
    low: float | None = None

    @classmethod
    def plain(cls, tensor: Any, low: float | None = None) -> Self:
        """Return a tensor whose axes lie as in ONNX."""
        return cls(tensor, tuple(range(len(tensor.shape))), None, low)

    @property
    def rank(self) -> int:
        """How many axes there are, the batch included."""
        return len(self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in ONNX's order, for a batch of 1."""
        stored = (1, *(int(extent) for extent in self.tensor.shape[1:]))
        return tuple(stored[self.axes.index(axis)] for axis in range(self.rank))

    def axis(self, axis: int) -> int:
        """Return where ONNX's `axis`, which may be negative, lies in the tensor."""
        return self.axes.index(axis % self.rank)

    def with_tensor(self, tensor: Any, low: float | None = None) -> "Value":
        """Return another tensor with the same axes, as an elementwise operator makes."""
        return replace(self, tensor=tensor, low=low)

    def laid(self, axes: Axes) -> "Value":
        """Return the value with its axes as asked for, transposed where they are not.

        The elements of a flattened value come into ONNX's order.
        """
        if self.block is not None:
            return self._unblocked()
        if axes == self.axes:
            return self
        permutation = tuple(self.axes.index(axis) for axis in axes)
        shape = self.tensor.shape
        moved = [axis for axis in permutation[1:] if shape[axis] != 1]
        if moved == sorted(moved):  # only axes of extent 1 move: the bytes stay
            target = tuple(int(shape[axis]) for axis in permutation[1:])
            return Value(keras.layers.Reshape(target)(self.tensor), axes, None, self.low)
        return Value(keras.layers.Permute(permutation[1:])(self.tensor), axes, None, self.low)

    def in_order(self) -> "Value":
        """Return the value with its axes as ONNX has them."""
        return self.laid(tuple(range(self.rank)))

    def flattened(self) -> "Value":
        """Return (n, k); the order of its elements is told by `block` where it is not ONNX's."""
        if self.rank == 2:
            return self
        flat = keras.layers.Flatten()(self.tensor)
        extents = tuple(int(extent) for extent in self.tensor.shape[1:])
        stored = [axis for axis, extent in zip(self.axes[1:], extents, strict=True) if extent != 1]
        block = None if stored == sorted(stored) else (extents, self.axes)
        return Value(flat, (0, 1), block, self.low)

    def element_order(self) -> NDArray[np.int64] | None:
        """Return, for each element of a flattened value, its place in ONNX's order."""
        if self.block is None:
            return None
        extents, axes = self.block
        by_axis = dict(zip(axes[1:], extents, strict=True))
        ordered = [by_axis[axis] for axis in sorted(by_axis)]
        places = np.arange(math.prod(ordered)).reshape(ordered)
        return places.transpose([axis - 1 for axis in axes[1:]]).ravel()

    def _unblocked(self) -> "Value":
        """Return a flattened value with its elements in ONNX's order."""
        if self.block is None:
            return self
        extents, axes = self.block
        before = Value(keras.layers.Reshape(extents)(self.tensor), axes, None, self.low)
        return before.in_order().flattened()
