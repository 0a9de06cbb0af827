"""QUANTIZE from int8 and from float32 against the interpreter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tflite_micro import runtime

from compiler.graph import ElementType, OperatorCode
from compiler.tflite import read

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import EVERYWHERE, assert_same, int8, int16, many, scales, seeds, zero_points


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    source=st.tuples(scales, zero_points),
    result=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_quantize_from_int8(kernels, shape, source, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [int8(shape, *source)],
        int8(shape, *result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed)


@many
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    result=st.tuples(scales, zero_points),
    seed=seeds,
)
def test_quantize_from_float(kernels, shape, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(shape, ElementType.FLOAT32)],
        int8(shape, *result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@pytest.mark.parametrize("zero_point", [-128, -1, 0, 127])
def test_quantize_rounds_ties_away_from_zero(kernels, zero_point):
    ties = np.arange(-300, 300, dtype=np.float32) + np.float32(0.5)
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(ties.shape, ElementType.FLOAT32)],
        int8(ties.shape, 1.0, zero_point),
        schema.QuantizeOptionsT(),
    )
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    near = np.concatenate([np.nextafter(ties, np.float32(s)) for s in (-1e9, 1e9)])
    for inputs in (ties, near[:600], near[600:]):
        interpreter.set_input(inputs, 0)
        interpreter.invoke()
        for lower in EVERYWHERE:
            graph = read(model)
            lowered = lower(graph, graph.operators[0])
            found = np.frombuffer(kernels.run_lowered(graph, lowered, [inputs]), np.int8)
            np.testing.assert_array_equal(found, interpreter.get_output(0))


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_quantize_saturates_whatever_the_float(kernels, zero_point):
    inputs = np.array([1e30, -1e30, np.inf, -np.inf, 3e9, -3e9, np.nan, -np.nan], np.float32)
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(inputs.shape, ElementType.FLOAT32)],
        int8(inputs.shape, 1.0, zero_point),
        schema.QuantizeOptionsT(),
    )
    graph = read(model)
    for lower in EVERYWHERE:
        lowered = lower(graph, graph.operators[0])
        found = np.frombuffer(kernels.run_lowered(graph, lowered, [inputs]), np.int8)
        assert found.tolist() == [127, -128, 127, -128, 127, -128, -128, -128]


shapes = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)


@many
@given(shape=shapes, source=st.tuples(scales, zero_points), result=scales, seed=seeds)
def test_quantize_between_int8_and_int16(kernels, shape, source, result, seed):
    narrow, wide = int8(shape, *source), int16(shape, result)
    for before, after in ((narrow, wide), (wide, narrow)):
        model = one_operator(OperatorCode.QUANTIZE, [before], after, schema.QuantizeOptionsT())
        assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(shape=shapes, source=scales, result=scales, seed=seeds)
def test_quantize_from_int16(kernels, shape, source, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [int16(shape, source)],
        int16(shape, result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed, EVERYWHERE)


@many
@given(shape=shapes, result=scales, seed=seeds)
def test_quantize_float_to_int16(kernels, shape, result, seed):
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(shape, ElementType.FLOAT32)],
        int16(shape, result),
        schema.QuantizeOptionsT(),
    )
    assert_same(kernels, model, seed)


def test_quantize_to_int16_rounds_ties_and_saturates(kernels):
    ties = np.arange(-32800, 32800, dtype=np.float32) + np.float32(0.5)
    model = one_operator(
        OperatorCode.QUANTIZE,
        [TensorSpec(ties.shape, ElementType.FLOAT32)],
        int16(ties.shape, 1.0),
        schema.QuantizeOptionsT(),
    )
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    near = [np.nextafter(ties, np.float32(s)) for s in (-1e9, 1e9)]
    for inputs in (ties, *near):
        interpreter.set_input(inputs, 0)
        interpreter.invoke()
        found = np.frombuffer(kernels.run(read(model), [inputs]), np.int16)
        np.testing.assert_array_equal(found, interpreter.get_output(0))
    infinite = np.resize(np.array([1e30, -1e30, np.inf, -np.inf], np.float32), ties.shape)
    found = np.frombuffer(kernels.run(read(model), [infinite]), np.int16)
    assert found[:4].tolist() == [32767, -32768, 32767, -32768]
