"""Models that break one condition of an operator that goes element by element."""
# ruff: noqa: B008  (specs are immutable)

from collections.abc import Callable

from compiler.graph import ElementType, OperatorCode
from compiler.ops import (
    conditions,
    elementwise,
    extremes,
    hard_swish,
    leaky_relu,
    logistic,
    mul,
    prelu,
    relu,
    sigmoids,
    sums,
    tanh,
)
from compiler.ops.definition import Condition

from .model_builder import TensorSpec, one_operator, schema


def int8(*shape: int, scale: float = 0.5, zero: int = 0) -> TensorSpec:
    return TensorSpec(shape, scales=(scale,), zero_points=(zero,))


def int16(*shape: int, scale: float = 0.5) -> TensorSpec:
    return TensorSpec(shape, ElementType.INT16, scales=(scale,))


def addition(
    first: TensorSpec = int8(2, 3),
    second: TensorSpec = int8(2, 3),
    result: TensorSpec = int8(2, 3),
) -> bytes:
    return one_operator(OperatorCode.ADD, [first, second], result, schema.AddOptionsT())


def product(source: TensorSpec = int8(2, 3), result: TensorSpec = int8(2, 3)) -> bytes:
    return one_operator(OperatorCode.MUL, [source, source], result, schema.MulOptionsT())


def probability(
    source: TensorSpec = int8(4), result: TensorSpec = int8(4, scale=1 / 256, zero=-128)
) -> bytes:
    return one_operator(OperatorCode.LOGISTIC, [source], result)


def tangent(source: TensorSpec = int8(4), result: TensorSpec = int8(4, scale=1 / 128)) -> bytes:
    return one_operator(OperatorCode.TANH, [source], result)


def leaky(alpha: float = 0.5, source: TensorSpec = int8(4), result: TensorSpec = int8(4)) -> bytes:
    options = schema.LeakyReluOptionsT()
    options.alpha = alpha
    return one_operator(OperatorCode.LEAKY_RELU, [source], result, options)


def rectified(result: TensorSpec = int8(4)) -> bytes:
    return one_operator(OperatorCode.RELU, [int8(4)], result)


def swish(result: TensorSpec = int8(4)) -> bytes:
    options = schema.HardSwishOptionsT()
    return one_operator(OperatorCode.HARD_SWISH, [int8(4)], result, options)


def least(
    first: TensorSpec = int8(4), second: TensorSpec = int8(4), result: TensorSpec = int8(4)
) -> bytes:
    options = schema.MaximumMinimumOptionsT()
    return one_operator(OperatorCode.MINIMUM, [first, second], result, options)


def parametric(
    source: TensorSpec = int8(2, 4), alpha: TensorSpec = int8(4), result: TensorSpec = int8(2, 4)
) -> bytes:
    return one_operator(OperatorCode.PRELU, [source, alpha], result)


TYPICAL: list[Callable[[], bytes]] = [
    addition,
    product,
    probability,
    tangent,
    leaky,
    rectified,
    swish,
    least,
    parametric,
]

CASES: list[tuple[Condition, bytes]] = [
    (elementwise.int8_int16_or_float_operands, addition(
        second=TensorSpec((2, 3), ElementType.FLOAT32))),
    (elementwise.int8_int16_or_float_operands, addition(first=int16(2, 3))),
    (elementwise.int8_or_float_operands, least(second=TensorSpec((4,), ElementType.FLOAT32))),
    (conditions.int8_int16_or_float, tangent(source=TensorSpec((4,), ElementType.FLOAT32))),
    (conditions.int8_or_float, leaky(source=int16(4), result=int16(4))),
    (sigmoids.unit_int16, probability(int16(4), int16(4))),
    (sigmoids.moderate_scale, probability(int16(4, scale=2.75), int16(4, scale=2**-15))),
    (sigmoids.moderate_scale, probability(int16(4, scale=2**-12.001), int16(4, scale=2**-15))),
    (mul.moderate_scale, product(int16(2, 3), int16(2, 3, scale=0.125))),
    (elementwise.shapes_match, addition(second=int8(2))),
    (elementwise.shapes_match, addition(second=int8(6))),
    (elementwise.shapes_match, addition(first=int8(3), second=int8(3))),
    (elementwise.shapes_match, addition(second=int8(2, 2, 3))),
    (elementwise.shapes_match, addition(second=int8(1, 2, 3))),
    (elementwise.shapes_match, addition(first=int8(1), second=int8(1))),
    (elementwise.few_dimensions, addition(
        first=int8(*(2,) * 7), second=int8(1), result=int8(*(2,) * 7))),
    (elementwise.few_dimensions, addition(first=int8(2, 3), second=int8(*(1,) * 7))),
    (sums.moderate_scales, addition(result=int8(2, 3, scale=2**-20))),
    (mul.moderate_scale, product(result=int8(2, 3, scale=2**-18))),
    (logistic.output_scale, probability(result=int8(4, scale=1 / 256))),
    (logistic.output_scale, probability(result=int8(4, zero=-128))),
    (tanh.output_scale, tangent(result=int8(4, scale=1 / 256))),
    (tanh.output_scale, tangent(result=int8(4, scale=1 / 128, zero=1))),
    (sigmoids.moderate_scale, tangent(source=int8(4, scale=8.0))),
    (sigmoids.moderate_scale, tangent(source=int8(4, scale=2**-26))),
    (relu.moderate_scales, rectified(int8(4, scale=2**-25))),
    (leaky_relu.moderate_scales, leaky(-0.5)),
    (leaky_relu.moderate_scales, leaky(float("nan"))),
    (leaky_relu.moderate_scales, leaky(float("inf"))),
    (leaky_relu.moderate_scales, leaky(2.0**23)),
    (hard_swish.moderate_scales, swish(int8(4, scale=2**-9))),
    (hard_swish.moderate_scales, swish(int8(4, scale=2.0**9))),
    (extremes.one_quantization, least(second=int8(4, zero=1))),
    (extremes.one_quantization, least(result=int8(4, scale=0.25))),
    (prelu.output_of_input, parametric(source=int8(4), alpha=int8(2, 4))),
    (prelu.few_dimensions, parametric(
        source=int8(1, 1, 1, 2, 4), result=int8(1, 1, 1, 2, 4))),
    (prelu.moderate_scales, parametric(result=int8(2, 4, scale=2**-24))),
    (prelu.moderate_scales, parametric(alpha=int8(4, scale=2.0**16))),
]  # fmt: skip
