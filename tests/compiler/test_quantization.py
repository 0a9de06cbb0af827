"""Multipliers and clamps, against the definitions and TensorFlow Lite's own edge cases."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import QuantizationParameters
from compiler.options import Activation
from compiler.quantization import Multiplier, activation_range, quantize_multiplier


@given(st.floats(2.0**-31, 2.0**30))
def test_a_multiplier_is_within_half_a_unit_of_the_real_one(real: float) -> None:
    value, shift = quantize_multiplier(real)
    assert 2**30 <= value < 2**31
    assert abs(math.ldexp(value, shift - 31) - real) <= math.ldexp(0.5, shift - 31)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, Multiplier(0, 0)),
        (1.0, Multiplier(1 << 30, 1)),
        (0.5, Multiplier(1 << 30, 0)),
        (1 - 2**-40, Multiplier(1 << 30, 1)),
        (2.0**-32, Multiplier(1 << 30, -31)),
        (2.0**-33, Multiplier(0, 0)),
    ],
)
def test_multipliers_at_the_edges(real: float, expected: Multiplier) -> None:
    assert quantize_multiplier(real) == expected


def test_a_multiplier_that_is_not_finite_has_a_shift_that_limits_refuse() -> None:
    assert quantize_multiplier(math.inf).shift > 30


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        (Activation.NONE, 0.1, 5, (-128, 127)),
        (Activation.RELU, 0.1, -128, (-128, 127)),
        (Activation.RELU, 0.1, 5, (5, 127)),
        (Activation.RELU6, 0.5, -10, (-10, 2)),
        (Activation.RELU6, 0.01, -128, (-128, 127)),
        (Activation.RELU_N1_TO_1, 0.25, 3, (-1, 7)),
        (Activation.RELU_N1_TO_1, 0.4, 0, (-3, 3)),  # 2.5 rounds away from zero
        (Activation.RELU6, 1e-40, 0, (0, 127)),
    ],
)
def test_a_fused_activation_is_a_clamp(
    activation: Activation, scale: float, zero_point: int, expected: tuple[int, int]
) -> None:
    given_ = QuantizationParameters((scale,), (zero_point,))
    assert activation_range(activation, given_) == expected
