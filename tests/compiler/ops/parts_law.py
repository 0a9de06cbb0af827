"""A tensor of any type and its parts along any dimension, to be cut or put together."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from compiler.graph import ElementType

from ..model_builder import NUMPY, OperatorSpec, TensorSpec, build_model

types = st.sampled_from(
    [ElementType.INT8, ElementType.INT16, ElementType.INT32, ElementType.FLOAT32]
)


@dataclass(frozen=True)
class Cut:
    """A shape, the dimension it is cut along (counted from either end), and where."""

    shape: tuple[int, ...]
    axis: int
    widths: tuple[int, ...]

    def part(self, width: int) -> tuple[int, ...]:
        """Return the shape of a part."""
        axis = self.axis % len(self.shape)
        return (*self.shape[:axis], width, *self.shape[axis + 1 :])

    @property
    def slice(self) -> tuple[int, ...]:
        """Return the shape without the dimension."""
        axis = self.axis % len(self.shape)
        return self.shape[:axis] + self.shape[axis + 1 :]


@st.composite
def cuts(draw: st.DrawFn, *, equal: bool = False) -> Cut:
    """Draw a cut, into parts of one width if told."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    widths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    if equal:
        widths = [widths[0]] * len(widths)
    shape[axis] = sum(widths)
    return Cut(tuple(shape), axis, tuple(widths))


def of(shape: tuple[int, ...], type_: ElementType, *, fixed: bool = False) -> TensorSpec:
    """Return a tensor, constant if told."""
    quantized = type_ in (ElementType.INT8, ElementType.INT16)
    values = np.arange(np.prod(shape)).reshape(shape).astype(NUMPY[type_]) if fixed else None
    return TensorSpec(
        shape, type_, (0.5,) if quantized else (), (0,) if quantized else None, values=values
    )


def cutting(
    specs: list[TensorSpec], code: int, options: object, results: list[TensorSpec]
) -> bytes:
    """Return a model of one operator with several outputs."""
    tensors = [*specs, *results]
    outputs = tuple(range(len(specs), len(tensors)))
    inputs = tuple(range(len(specs)))
    operator = OperatorSpec(code, inputs, outputs, options)
    free = [number for number in inputs if specs[number].values is None]
    return build_model(tensors, [operator], free, outputs)
