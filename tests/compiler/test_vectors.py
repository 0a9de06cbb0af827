"""Vectors: the same for the same seed, extremes among them, and back from bytes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import ElementType, Graph, Operator, OperatorCode, QuantizationParameters
from compiler.graph import Tensor as GraphTensor
from compiler.options import NoOptions
from compiler.vectors import Span, pack, random_vectors, spans, unpack


@dataclass(frozen=True)
class Tensor:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    zero_point: int = 0


INT8 = Tensor((2, 3), np.dtype("int8"), zero_point=5)
FLOAT = Tensor((4,), np.dtype("float32"))

types = st.sampled_from(["int8", "uint8", "int16", "int32", "int64", "float32", "bool"])
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)
tensors = st.lists(st.builds(Tensor, shapes, types.map(np.dtype)), min_size=1, max_size=3)


@given(tensors, st.integers(1, 8), st.integers(0, 2**32))
def test_bytes_give_the_vector_back(given: list[Tensor], count: int, seed: int) -> None:
    vectors = random_vectors(given, count, seed)
    assert len(vectors) == count
    for vector in vectors:
        for tensor, array in zip(given, vector, strict=True):
            assert (array.shape, array.dtype) == (tensor.shape, tensor.dtype)
        data = pack(vector)
        assert len(data) == sum(array.nbytes for array in vector)
        for array, back in zip(vector, unpack(data, given), strict=True):
            np.testing.assert_array_equal(array, back)


@given(tensors, st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_vectors(given: list[Tensor], seed: int) -> None:
    def packed(count: int) -> list[bytes]:
        return [pack(vector) for vector in random_vectors(given, count, seed)]

    assert packed(8)[:6] == packed(6)


def test_extremes_of_int8() -> None:
    _, low, high, zero, turns, *_ = (vector[0] for vector in random_vectors([INT8], 6))
    assert set(low.flat) == {-128}
    assert set(high.flat) == {127}
    assert set(zero.flat) == {5}
    assert turns.tolist() == [[-128, 127, -128], [127, -128, 127]]


def test_random_int8_reaches_both_ends() -> None:
    values = random_vectors([Tensor((4000,), np.dtype("int8"))], 1)[0][0]
    assert (values.min(), values.max()) == (-128, 127)


def test_floats_fill_their_span_and_half_steps() -> None:
    span = Span(-2.0, 6.0, 0.25)
    vectors = random_vectors([Tensor((4000,), np.dtype("float32"))], 7, spans=[span])
    first, low, high, zero, turns, halves, free = (vector[0] for vector in vectors)
    assert (set(low.flat), set(high.flat), set(zero.flat)) == ({-2.0}, {6.0}, {0.0})
    assert set(turns.flat) == {-2.0, 6.0}
    for values in (first, free):
        assert -2.25 <= values.min() < -2.0
        assert 6.0 < values.max() <= 6.75
    assert set(np.mod(halves / 0.25, 1.0).flat) == {0.5}


def test_the_span_is_that_of_the_first_quantize() -> None:
    quantization = QuantizationParameters((0.5,), (-28,))
    graph = Graph(
        tensors=(
            GraphTensor("float", (4,), ElementType.FLOAT32),
            GraphTensor("int8", (4,), ElementType.INT8, quantization),
            GraphTensor("free", (4,), ElementType.FLOAT32),
        ),
        operators=(Operator(0, OperatorCode.QUANTIZE, (0,), (1,), NoOptions()),),
        inputs=(0, 2),
        outputs=(1,),
    )
    assert spans(graph) == (Span(-50.0, 77.5, 0.5), Span())


def test_bytes_are_little_endian_in_order_without_padding() -> None:
    arrays = [np.array([1, -2], dtype="int8"), np.array([[0x0102]], dtype=">i2")]
    assert pack(arrays) == b"\x01\xfe\x02\x01"


@pytest.mark.parametrize("size", [0, 21, 23])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=r"do not fill|cannot reshape|buffer size"):
        unpack(bytes(size), [INT8, FLOAT])
