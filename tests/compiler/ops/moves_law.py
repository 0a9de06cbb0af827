"""Tensors of the types that the interpreter moves."""

from hypothesis import strategies as st

from compiler.graph import ElementType

from ..model_builder import TensorSpec

types = st.sampled_from(
    [ElementType.INT8, ElementType.INT16, ElementType.INT32, ElementType.FLOAT32]
)
int8_or_float = st.sampled_from([ElementType.INT8, ElementType.FLOAT32])


def tensor(shape: tuple[int, ...], type_: ElementType, zero: int = 3) -> TensorSpec:
    """Return a tensor of one quantisation, if its type has any."""
    if type_ is ElementType.INT8:
        return TensorSpec(shape, type_, (0.5,), (zero,))
    return TensorSpec(shape, type_, (0.5,) if type_ is ElementType.INT16 else ())


def shapes(most: int, least: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw shapes of `least` to `most` dimensions."""
    return st.lists(st.integers(1, 4), min_size=least, max_size=most).map(tuple)
