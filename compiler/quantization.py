"""Real multipliers as integers, exactly as TensorFlow Lite Micro derives them.

The functions of tensorflow/lite/kernels/internal/quantization_util.cc and
kernel_util.cc, by the same names; where those compute in float32, so do these,
since one rounding more or less moves results by one.
"""

import math
from typing import NamedTuple

import numpy as np

from .graph import QuantizationParameters
from .options import Activation

INT8_ENDS = INT8_MIN, INT8_MAX = -128, 127
INT16_ENDS = -(1 << 15), (1 << 15) - 1

_BEYOND = 1024
"""The shift of a multiplier that is not finite."""


class Multiplier(NamedTuple):
    """real = value * 2^(shift - 31); `value` is 0 or in [2^30, 2^31)."""

    value: int
    shift: int

    @property
    def real(self) -> float:
        """What it multiplies by."""
        return math.ldexp(self.value, self.shift - 31)


def quantize_multiplier(real: float) -> Multiplier:
    """Return the integer form of a multiplier that is not negative.

    QuantizeMultiplier: the mantissa is rounded half away from zero to 31 bits; a
    multiplier below 2^-32 becomes 0. No kernel takes a shift above 30; limits
    refuse it.
    """
    if real == 0.0:
        return Multiplier(0, 0)
    if math.isinf(real):
        return Multiplier((1 << 31) - 1, _BEYOND)
    mantissa, shift = math.frexp(real)
    value = math.floor(mantissa * (1 << 31) + 0.5)
    if value == 1 << 31:
        value //= 2
        shift += 1
    return Multiplier(0, 0) if shift < -31 else Multiplier(value, shift)


def channel_multipliers(
    source: QuantizationParameters,
    weights: QuantizationParameters,
    result: QuantizationParameters,
) -> tuple[Multiplier, ...]:
    """Return the multipliers of a convolution or fully connected layer, one per weight scale.

    PopulateConvolutionQuantizationParams and, of the interpreter that is the
    oracle, GetQuantizedConvolutionMultipler: the product of scales is taken in
    double. TensorFlow Lite's own fully connected layer rounds it to float32.
    """
    return tuple(
        quantize_multiplier(source.scale * scale / result.scale) for scale in weights.scales
    )


def activation_range(
    activation: Activation,
    quantization: QuantizationParameters,
    limits: tuple[int, int] = INT8_ENDS,
) -> tuple[int, int]:
    """Return the least and the greatest of `limits` that a fused activation lets through.

    CalculateActivationRangeQuantized: the bounds are quantised in float32, rounded
    half away from zero.
    """
    bounds = _BOUNDS[activation]
    low, high = (
        limit if math.isinf(bound) else _quantize(bound, quantization)
        for bound, limit in zip(bounds, limits, strict=True)
    )
    return max(limits[0], low), min(limits[1], high)


_BOUNDS = {
    Activation.NONE: (-math.inf, math.inf),
    Activation.RELU: (0.0, math.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def _quantize(real: float, quantization: QuantizationParameters) -> int:
    # Divided in double and rounded once to float32, which for a quotient of two
    # float32 gives the float32 quotient.
    steps = float(np.float32(min(abs(real) / quantization.scale, 1e9)))
    rounded = math.floor(steps + 0.5)
    return quantization.zero_point + (rounded if real >= 0 else -rounded)
