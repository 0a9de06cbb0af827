"""The reference's integer arithmetic on whole arrays, for what is computed at compile time.

The functions of gemmlowp's fixedpoint.h and of tensorflow/lite/kernels/internal/common.h;
kernels/requantize.h and kernels/fixed_point.h have the same in C. Arrays are int64 with
values of 32 bits. Qm.n is a signed number with m bits before the binary point, n after.
"""

import numpy as np
from numpy.typing import NDArray

from .quantization import Multiplier

Integers = NDArray[np.int64]

INT8_VALUES: Integers = np.arange(-128, 128, dtype=np.int64)
"""Every int8, in order."""

_ONE_Q0 = (1 << 31) - 1
_ONE_Q2 = 1 << 29
_EXP_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_48_OVER_17 = 1515870810
_MINUS_32_OVER_17 = -1010580540
_EXP_OF_MINUS_POWER = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^k) in Q0.31, k from -2."""


def high_mul(a: Integers, b: Integers | int) -> Integers:
    """Return a * b / 2^31, to nearest, ties up (SaturatingRoundingDoublingHighMul)."""
    return (a * b + (1 << 30)) >> 31


def rounding_shift(x: Integers, exponent: int) -> Integers:
    """Return x / 2^exponent, to nearest, ties away from zero (RoundingDivideByPOT)."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def requantize(x: Integers, multiplier: Multiplier) -> Integers:
    """Return x times a multiplier, rounded twice (MultiplyByQuantizedMultiplier)."""
    left, right = max(multiplier.shift, 0), max(-multiplier.shift, 0)
    return rounding_shift(high_mul(x << left, multiplier.value), right)


def exp(a: Integers, integer_bits: int) -> Integers:
    """Return e to the power of a <= 0 as Q0.31 (exp_on_negative_values).

    `integer_bits` are those of a, up to 5.
    """
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    rest = (a & (quarter - 1)) - quarter
    result = _exp_quarter(rest << integer_bits)
    for bit in range(integer_bits + 2):
        factor = _EXP_OF_MINUS_POWER[bit]
        chosen = (rest - a) >> (fraction_bits - 2 + bit) & 1
        result = np.where(chosen, high_mul(result, factor), result)
    return np.where(a == 0, _ONE_Q0, result)


def logistic(a: Integers) -> Integers:
    """Return 1 / (1 + exp(-a)) as Q0.31 for a in Q4.27."""
    positive = np.minimum(_newton(exp(-np.abs(a), 4)) << 1, _ONE_Q0)
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, _ONE_Q0 - positive))


def tanh(a: Integers) -> Integers:
    """Return the hyperbolic tangent of a in Q4.27, as Q0.31."""
    # Q4.27 read as Q5.26 is twice as much.
    positive = np.clip((_newton(exp(-np.abs(a), 5)) - _ONE_Q2) << 2, -_ONE_Q0 - 1, _ONE_Q0)
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))


def _exp_quarter(a: Integers) -> Integers:
    """Return exp(a) for a in [-1/4, 0), Q0.31: Taylor's series around -1/8."""
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4_over_4 = rounding_shift(high_mul(x2, x2), 2)
    tail = high_mul(x4_over_4 + x3, _THIRD) + x2
    return _EXP_MINUS_EIGHTH + high_mul(x + rounding_shift(tail, 1), _EXP_MINUS_EIGHTH)


def _newton(a: Integers) -> Integers:
    """Return 2 / (1 + a) as Q2.29 for a in [0, 1], Q0.31: three steps of Newton and Raphson."""
    half_denominator = (a + _ONE_Q0 + 1) >> 1
    x = _48_OVER_17 + high_mul(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = _ONE_Q2 - high_mul(half_denominator, x)
        x = x + (high_mul(x, error) << 2)
    return x
