"""What the kernels of this family are told of each channel, once it is proven that they may."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...ops import conditions, weights
from ...ops.call import ArrayArgument, CType, Value
from ...quantization import Multiplier

_EXPONENT_MAX = 22
"""The greatest for which 2 * zero point + 1, shifted by it, leaves room for the product."""

_HALF = 2**30
"""What accumulators stay below, so that they can be doubled."""

_NEVER = Multiplier(1 << 30, -1)
"""The multiplier of channels that always give the same: 4 * d becomes d."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The constants of an operator with weights, as `channels_dsp.h` wants them.

    `weights` has a row per channel; `bias` includes the input's zero point where it is
    `folded`. `lowest` is the least that the activation lets through. Channels that give
    the same for every input have weights of zero.
    """

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    multipliers: tuple[Multiplier, ...]
    output_zero_point: int
    lowest: int
    folded: bool

    @property
    def exponents(self) -> tuple[int, ...]:
        """Right shifts less one, or left shifts as -1 and below."""
        return tuple(-1 - multiplier.shift for multiplier in self.multipliers)

    @property
    def per_tensor(self) -> bool:
        """Whether one multiplier serves all channels."""
        return len(self.multipliers) == 1

    @property
    def ties(self) -> int:
        """1 where it matters how negative values are rounded: not all of them are clamped."""
        return int(self.lowest < self.output_zero_point)

    @property
    def offset(self) -> int:
        """The output's zero point and a half, doubled."""
        return 2 * self.output_zero_point + 1

    @property
    def scales(self) -> NDArray[np.int64]:
        """A row for each channel, as `struct tml_scale_dsp`; there must be no left shift."""
        rows = [(m.value, self.offset << -1 - m.shift, -1 - m.shift) for m in self.multipliers]
        return np.array(rows * (len(self.bias) if self.per_tensor else 1), np.int64)

    def pairs(self, words: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return a row for each pair of channels, as `conv_2d_pairs_dsp.h` has them.

        `words` are the doubled weights; there must be no left shift.
        """
        odd = len(self.bias) % 2
        bias = 2 * np.pad(self.bias, (0, odd)).reshape(-1, 2)
        scales = np.pad(self.scales, ((0, odd), (0, 0))).reshape(len(bias), -1)
        return np.concatenate((bias, words, scales), axis=1)

    def members(self) -> dict[str, Value]:
        """Return the members of `struct tml_channels_dsp`."""
        return {
            "count": len(self.bias),
            "step": int(not self.per_tensor),
            "offset": self.offset,
        }

    def constants(self, words: NDArray[np.int32]) -> ArrayArgument:
        """Return bias, multipliers, weights and exponents, as `channels_dsp.h` has them."""
        multipliers = np.array([multiplier.value for multiplier in self.multipliers])
        exponents = np.array(self.exponents, "<i1")
        tail = np.pad(exponents, (0, -len(exponents) % 4)).view("<i4")
        values = np.concatenate((self.bias, multipliers, words.ravel(), tail))
        return ArrayArgument.of("constants", values, CType.INT32)


def channels_of(
    graph: Graph, operator: Operator, matrix: NDArray[np.int8], *, folded: bool
) -> Channels | None:
    """Return the constants for weights with a row per channel, None where no kernel may take them.

    They may if no accumulator can leave what `requantize_dsp.h` computes exactly.
    """
    source = conditions.quantization(graph.input(operator, 0)).zero_point
    zero_point = conditions.quantization(graph.output(operator)).zero_point
    rows = matrix.astype(np.int64)
    bias = weights.bias_values(graph, operator)
    reach = np.maximum(rows, 0), np.minimum(rows, 0)
    low, high = -128 - source, 127 - source
    lowest = bias + (reach[0] * low + reach[1] * high).sum(axis=1)
    highest = bias + (reach[0] * high + reach[1] * low).sum(axis=1)
    given = weights.multipliers(graph, operator)
    multipliers = list(given * len(rows) if len(given) == 1 else given)
    for channel, multiplier in enumerate(multipliers):
        ends = int(lowest[channel]), int(highest[channel])
        exact = _exact(multiplier, ends)
        if exact and multiplier.shift < 0:
            continue
        if not _monotone(multiplier, ends):
            return None
        first, last = (_requantize(end, multiplier) for end in ends)
        values = {min(max(x + zero_point, -128), 127) for x in (first, last)}
        if len(values) == 1:
            rows[channel] = 0
            bias[channel] = 4 * (values.pop() - zero_point)
            multipliers[channel] = _NEVER
        elif not exact:
            return None
    if len(set(multipliers)) == 1:
        del multipliers[1:]
    if folded:
        bias = bias - source * rows.sum(axis=1)
        if np.abs(bias).max(initial=0) + 128 * np.abs(rows).sum(axis=1).max(initial=0) >= _HALF:
            return None
    lowest_output, _ = weights.clamp(graph, operator)
    return Channels(rows, bias, tuple(multipliers), zero_point, lowest_output, folded)


def _exact(multiplier: Multiplier, ends: tuple[int, int]) -> bool:
    """Whether the kernels requantise every accumulator between `ends` as the reference does."""
    furthest = max(map(abs, ends))
    if multiplier.shift >= 0:
        return furthest << multiplier.shift < _HALF
    exponent = -1 - multiplier.shift
    return furthest < _HALF and exponent <= _EXPONENT_MAX


def _monotone(multiplier: Multiplier, ends: tuple[int, int]) -> bool:
    """Whether a shift to the left wraps no accumulator between `ends`."""
    return max(map(abs, ends)) << max(multiplier.shift, 0) <= weights.INT32_MAX


def _requantize(x: int, multiplier: Multiplier) -> int:
    """Return what `tml_requantize` does where `_monotone`: it never falls where x rises."""
    left, right = max(multiplier.shift, 0), max(-multiplier.shift, 0)
    product = ((x << left) * multiplier.value + (1 << 30)) >> 31
    if right == 0:
        return product
    return (product + (1 << (right - 1)) + (-1 if product < 0 else 0)) >> right
