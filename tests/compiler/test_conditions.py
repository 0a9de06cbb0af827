"""Law: what breaks a rule or limit of an operator is refused with that very sentence.

Each case is the smallest model that keeps to all conditions but one.
"""
# ruff: noqa: B008  (specs are immutable)

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from compiler.errors import CompileError, InvalidModel, UnsupportedModel
from compiler.graph import ElementType, OperatorCode
from compiler.ops import (
    OPERATORS,
    conditions,
    conv_2d,
    depthwise_conv_2d,
    dequantize,
    fully_connected,
    pools,
    quantize,
    reshape,
    softmax,
    transpose,
    weight_rows,
    weights,
    windows,
)
from compiler.ops.definition import Condition, sentence
from compiler.tflite import read

from . import elementwise_cases, move_cases, place_cases
from .model_builder import TensorSpec, one_operator, schema

FLOAT = ElementType.FLOAT32


def int8(*shape: int, scale: float = 0.5, zero: int = 0, **more: Any) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero,), **more)


def constant(*shape: int, value: int = 1, **more: Any) -> TensorSpec:
    return int8(*shape, values=np.full(shape, value, np.int8), **more)


def bias(count: int, value: int = 1, **more: Any) -> TensorSpec:
    given = {"type": ElementType.INT32, "values": np.full(count, value, np.int32), **more}
    return TensorSpec((count,), scales=(0.25,), **given)


def int16(*shape: int, zero: int = 0) -> TensorSpec:
    return TensorSpec(shape, ElementType.INT16, scales=(0.5,), zero_points=(zero,))


def options(kind: str, **fields: Any) -> Any:
    table = getattr(schema, f"{kind}OptionsT")()
    for name, value in fields.items():
        assert hasattr(table, name)
        setattr(table, name, value)
    return table


def conv(
    source: TensorSpec = int8(1, 3, 3, 2),
    filters: TensorSpec = constant(4, 2, 2, 2),
    b: TensorSpec | None = bias(4),
    result: TensorSpec = int8(1, 3, 3, 4),
    **fields: Any,
) -> bytes:
    given = {"padding": 0, "strideH": 1, "strideW": 1, **fields}
    return one_operator(
        OperatorCode.CONV_2D, [source, filters, b], result, options("Conv2D", **given)
    )


def depthwise(
    source: TensorSpec = int8(1, 3, 3, 2),
    filters: TensorSpec = constant(1, 2, 2, 4),
    b: TensorSpec | None = bias(4),
    result: TensorSpec = int8(1, 3, 3, 4),
    **fields: Any,
) -> bytes:
    given = {"padding": 0, "strideH": 1, "strideW": 1, "depthMultiplier": 2, **fields}
    return one_operator(
        OperatorCode.DEPTHWISE_CONV_2D,
        [source, filters, b],
        result,
        options("DepthwiseConv2D", **given),
    )


def connected(
    source: TensorSpec = int8(2, 3),
    filters: TensorSpec = constant(4, 3),
    b: TensorSpec | None = bias(4),
    result: TensorSpec = int8(2, 4),
    **fields: Any,
) -> bytes:
    return one_operator(
        OperatorCode.FULLY_CONNECTED,
        [source, filters, b],
        result,
        options("FullyConnected", **fields),
    )


def pool(
    source: TensorSpec = int8(1, 4, 4, 2), result: TensorSpec = int8(1, 2, 2, 2), **fields: Any
) -> bytes:
    given = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2, **fields}
    return one_operator(
        OperatorCode.MAX_POOL_2D, [source], result, options("Pool2D", padding=0, **given)
    )


def soft(
    source: TensorSpec = int8(1, 4),
    result: TensorSpec = int8(1, 4, scale=1 / 256, zero=-128),
    beta: float = 1.0,
) -> bytes:
    return one_operator(OperatorCode.SOFTMAX, [source], result, options("Softmax", beta=beta))


def permuted(
    source: TensorSpec = int8(2, 3),
    order: TensorSpec = TensorSpec((2,), ElementType.INT32, values=np.array([1, 0], np.int32)),
    result: TensorSpec = int8(3, 2),
) -> bytes:
    return one_operator(OperatorCode.TRANSPOSE, [source, order], result, options("Transpose"))


def order(*axes: int) -> TensorSpec:
    return TensorSpec((len(axes),), ElementType.INT32, values=np.array(axes, np.int32))


def quantized(source: TensorSpec = int8(2, 3), result: TensorSpec = int8(2, 3)) -> bytes:
    return one_operator(OperatorCode.QUANTIZE, [source], result, options("Quantize"))


def dequantized(
    source: TensorSpec = int8(2, 3), result: TensorSpec = TensorSpec((2, 3), FLOAT)
) -> bytes:
    return one_operator(OperatorCode.DEQUANTIZE, [source], result, options("Dequantize"))


def reshaped(source: TensorSpec = int8(2, 3), result: TensorSpec = int8(6)) -> bytes:
    return one_operator(OperatorCode.RESHAPE, [source], result, options("Reshape"))


TYPICAL: list[Callable[[], bytes]] = [
    conv, depthwise, connected, pool, soft, permuted, quantized, dequantized, reshaped,
    *elementwise_cases.TYPICAL,
]  # fmt: skip


@pytest.mark.parametrize("make", TYPICAL, ids=lambda make: make.__name__)
def test_the_models_that_cases_vary_are_served(make: Callable[[], bytes]) -> None:
    assert len(read(make()).operators) == 1


HUGE = constant(1, 70_000, value=127)
"""A row whose products can sum up to more than 31 bits hold."""

CASES: list[tuple[Condition, bytes]] = [
    (conditions.four_dimensions, conv(source=int8(3, 3, 2))),
    (conditions.four_dimensions, depthwise(result=int8(9, 4))),
    (conditions.four_dimensions, pool(source=int8(16, 2))),
    (conditions.same_batch, conv(source=int8(2, 3, 3, 2))),
    (conditions.same_batch, depthwise(source=int8(2, 3, 3, 2))),
    (conditions.same_batch, pool(source=int8(2, 4, 4, 2))),
    (conditions.int8_int16_or_float, conv(source=TensorSpec((1, 3, 3, 2), FLOAT))),
    (conditions.int8_int16_or_float, conv(source=TensorSpec((1, 3, 3, 2)))),
    (conditions.int8_int16_or_float, conv(source=int8(1, 3, 3, 2, zero=128))),
    (
        conditions.int8_int16_or_float,
        depthwise(result=TensorSpec((1, 3, 3, 4), scales=(1.0,) * 4, axis=3)),
    ),
    (conditions.int8_int16_or_float, connected(source=TensorSpec((2, 3), FLOAT))),
    (conditions.int8_int16_or_float, connected(source=int16(2, 3))),
    (conditions.int8_int16_or_float, connected(source=int16(2, 3, zero=1), result=int16(2, 4))),
    (weights.constant_bias, connected(source=int16(2, 3), result=int16(2, 4))),
    (conditions.int8_int16_or_float, pool(source=TensorSpec((1, 4, 4, 2), FLOAT))),
    (conditions.int8_int16_or_float, soft(source=TensorSpec((1, 4), FLOAT))),
    (transpose.movable_type, permuted(source=TensorSpec((2, 3), FLOAT))),
    (pools.same_quantization, pool(result=int8(1, 2, 2, 2, zero=1))),
    (conditions.same_quantization, permuted(result=int8(3, 2, scale=0.25))),
    (conditions.same_shape, soft(source=int8(1, 5))),
    (conditions.same_shape, quantized(source=int8(3, 2))),
    (conditions.same_shape, dequantized(source=int8(6))),
    (windows.positive_window, conv(strideH=0)),
    (windows.positive_window, depthwise(dilationWFactor=-1)),
    (windows.positive_window, pool(strideW=0)),
    (windows.small_steps, conv(dilationHFactor=128)),
    (windows.small_steps, depthwise(strideW=1 << 16)),
    (windows.small_steps, pool(strideH=1 << 16, result=int8(1, 1, 2, 2))),
    (weights.bias_per_channel, conv(b=bias(3))),
    (weights.bias_per_channel, depthwise(b=bias(3))),
    (weights.bias_per_channel, connected(b=bias(3))),
    (weights.constant_weights, conv(filters=int8(4, 2, 2, 2))),
    (weights.constant_weights, depthwise(filters=constant(1, 2, 2, 4, zero=1))),
    (
        weights.constant_weights,
        connected(filters=TensorSpec((4, 3), values=np.ones((4, 3), np.int8))),
    ),
    (weights.constant_bias, conv(b=bias(4, values=None))),
    (weights.constant_bias, depthwise(b=bias(4, values=None))),
    (
        weights.constant_bias,
        connected(b=bias(4, type=FLOAT, values=np.ones(4, np.float32))),
    ),
    (weights.output_size, conv(padding=1)),
    (weights.output_size, depthwise(strideH=2)),
    (weights.moderate_scales, conv(result=int8(1, 3, 3, 4, scale=1e-11))),
    (weights.moderate_scales, depthwise(result=int8(1, 3, 3, 4, scale=1e-11))),
    (weights.moderate_scales, connected(result=int8(2, 4, scale=1e-11))),
    (conv_2d.weights_match, conv(filters=constant(4, 2, 2, 3))),
    (conv_2d.weights_match, conv(source=int8(1, 3, 3, 3))),
    (conv_2d.weights_match, conv(source=int8(1, 3, 3, 6))),
    (conv_2d.weights_match, conv(filters=constant(3, 2, 2, 2))),
    (weight_rows.scales_match, conv(filters=TensorSpec(
        (4, 2, 2, 2), scales=(1.0,) * 2, axis=3, values=np.ones((4, 2, 2, 2), np.int8)))),
    (weight_rows.accumulators, conv(b=bias(4, value=2**31 - 1))),
    (depthwise_conv_2d.bias_left_out, depthwise(b=None)),
    (depthwise_conv_2d.weights_match, depthwise(filters=constant(2, 2, 2, 4))),
    (depthwise_conv_2d.weights_match, depthwise(source=int8(1, 3, 3, 3))),
    (depthwise_conv_2d.scales_match, depthwise(filters=TensorSpec(
        (1, 2, 2, 4), scales=(1.0,) * 2, axis=1, values=np.ones((1, 2, 2, 4), np.int8)))),
    (depthwise_conv_2d.accumulators, depthwise(b=bias(4, value=-(2**31)))),
    (fully_connected.has_depth, connected(result=int8())),
    (fully_connected.plain_weights, connected(weightsFormat=1)),
    (fully_connected.weights_match, connected(filters=constant(4, 2))),
    (weight_rows.scales_match, connected(filters=TensorSpec(
        (4, 3), scales=(1.0,) * 3, axis=1, values=np.ones((4, 3), np.int8)))),
    (weight_rows.accumulators, connected(
        source=int8(1, 70_000, zero=-128), filters=HUGE, b=None, result=int8(1, 1))),
    (pools.same_depth, pool(result=int8(1, 2, 2, 3))),
    (pools.positive_size, pool(filterHeight=0)),
    (pools.few_taps, pool(filterHeight=1 << 15, filterWidth=4)),
    (pools.output_size, pool(result=int8(1, 3, 2, 2))),
    (reshape.same_elements, reshaped(result=int8(5))),
    (reshape.same_elements, reshaped(result=TensorSpec((6,), FLOAT))),
    (reshape.same_quantization, reshaped(result=int8(6, zero=1))),
    (softmax.has_depth, soft(source=int8(), result=int8(scale=1 / 256, zero=-128))),
    (softmax.few_classes, soft(
        source=int8(1, 4096), result=int8(1, 4096, scale=1 / 256, zero=-128))),
    (softmax.probabilities, soft(result=int8(1, 4, scale=1 / 256))),
    (softmax.moderate_scale, soft(beta=float("nan"))),
    (softmax.moderate_scale, soft(beta=0.0)),
    (softmax.moderate_scale, soft(beta=2.0**-30)),
    (softmax.moderate_scale, soft(beta=1e30)),
    (softmax.moderate_scale, soft(beta=float("inf"))),
    (softmax.moderate_scale, soft(beta=1e-45)),
    (softmax.moderate_scale, one_operator(OperatorCode.SOFTMAX, [int8(1, 4)],
                                          int8(1, 4, scale=1 / 256, zero=-128))),
    (transpose.constant_permutation, permuted(order=TensorSpec((2,), ElementType.INT32))),
    (transpose.few_dimensions, permuted(
        source=int8(1, 1, 1, 1, 1, 2), order=order(5, 4, 3, 2, 1, 0),
        result=int8(2, 1, 1, 1, 1, 1))),
    (transpose.permutes, permuted(order=order(0, 1))),
    (transpose.permutes, permuted(order=order(1, 1))),
    (transpose.permutes, permuted(order=order(-1, 7))),
    (quantize.to_integer, quantized(result=TensorSpec((2, 3), FLOAT))),
    (quantize.to_integer, quantized(source=TensorSpec((2, 3), ElementType.INT32))),
    (quantize.moderate_scales, quantized(result=int8(2, 3, scale=1e-8))),
    (dequantize.from_integer, dequantized(result=int8(2, 3))),
    *elementwise_cases.CASES,
    *move_cases.CASES,
    *place_cases.CASES,
]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "model"), CASES, ids=[f"{c.__module__[13:]}.{c.__name__}" for c, _ in CASES]
)
def test_what_breaks_a_condition_is_refused_with_its_sentence(
    condition: Condition, model: bytes
) -> None:
    with pytest.raises(CompileError) as caught:
        read(model)
    assert f": {sentence(condition)} It is (" in str(caught.value)
    name = str(caught.value).split()[2].rstrip(":")
    rules = OPERATORS[OperatorCode[name]].rules
    assert type(caught.value) is (InvalidModel if condition in rules else UnsupportedModel)


def test_every_condition_has_a_case() -> None:
    known = {c for d in OPERATORS.values() for c in d.rules + d.limits}
    tested = {condition for condition, _ in CASES}
    assert {c.__name__ for c in known} == {c.__name__ for c in tested}


def test_sentences_are_sentences() -> None:
    for definition in OPERATORS.values():
        for condition in definition.rules + definition.limits:
            text = sentence(condition)
            assert text[0].isupper()
            assert text.endswith(".")
