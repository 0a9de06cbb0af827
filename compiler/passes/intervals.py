"""Which values the channels of int8 activations can have at all.

A channel is a place of the last dimension. Every bound holds for every input of the
model: sums of products are bounded by the signs of constant weights, and requantisation,
which is monotone, keeps bounds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph import ElementType, Graph, Operator, OperatorCode
from ..ops import add, weights, windows
from ..ops.conditions import is_int8_activation, quantization
from ..quantization import INT8_MAX, INT8_MIN, Multiplier

_INT32 = np.iinfo(np.int32)


class Interval(NamedTuple):
    """The least and the greatest value of each channel."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def constant(self) -> NDArray[np.bool_]:
        """Return which channels have one value only."""
        same: NDArray[np.bool_] = self.low == self.high
        return same


def anything(channels: int) -> Interval:
    """Return the interval of channels of which nothing is known."""
    return Interval(np.full(channels, INT8_MIN, np.int64), np.full(channels, INT8_MAX, np.int64))


def intervals(graph: Graph) -> dict[int, Interval]:
    """Return the interval of every int8 activation, by tensor number; of others there is none."""
    found: dict[int, Interval] = {}

    def of(number: int) -> Interval:
        tensor = graph.tensors[number]
        channels = tensor.shape[-1] if tensor.shape else 1
        if tensor.alias_of is None or number in found:
            return found.get(number) or anything(channels)
        source = of(tensor.alias_of)
        repeats, rest = divmod(channels, len(source.low))
        if rest or not spreads(graph, tensor.alias_of, number):
            return anything(channels)
        return Interval(np.tile(source.low, repeats), np.tile(source.high, repeats))

    for operator in graph.operators:
        source, rule = operator.inputs[0], _RULES.get(operator.code)
        if rule and source is not None and _is_int8(graph, operator):
            found[operator.outputs[0]] = rule(graph, operator, of(source))
        elif operator.code is OperatorCode.ADD and (sources := _summands(graph, operator)):
            found[operator.outputs[0]] = _sum(graph, operator, *map(of, sources))
    return found | {
        number: of(number)
        for number, tensor in enumerate(graph.tensors)
        if tensor.alias_of is not None and tensor.type is ElementType.INT8
    }


def spreads(graph: Graph, source: int, alias: int) -> bool:
    """Whether an alias's last dimension is a number of whole trailing dimensions of `source`."""
    sizes = np.cumprod(graph.tensors[source].shape[::-1])
    shape = graph.tensors[alias].shape
    return bool(shape) and shape[-1] in sizes


def _is_int8(graph: Graph, operator: Operator) -> bool:
    return is_int8_activation(graph.input(operator, 0)) and is_int8_activation(
        graph.output(operator)
    )


def _convolution(graph: Graph, operator: Operator, source: Interval) -> Interval:
    filters = weights.int8_values(graph.input(operator, 1)).astype(np.int64)
    if filters.shape[3] != len(source.low):  # of several groups
        return anything(filters.shape[0])
    span = _offset(graph, operator, source, padded=is_padded(graph, operator))
    return _summed(graph, operator, _signs(filters, (1, 2)), span)


def _depthwise(graph: Graph, operator: Operator, source: Interval) -> Interval:
    filters = weights.int8_values(graph.input(operator, 1)).astype(np.int64)
    copies = filters.shape[3] // len(source.low)
    each = Interval(np.repeat(source.low, copies), np.repeat(source.high, copies))
    low, high = _offset(graph, operator, each, padded=is_padded(graph, operator))
    up, down = (part[0] for part in _signs(filters, (1, 2)))
    return _activated(graph, operator, up * low + down * high, up * high + down * low)


def _fully_connected(graph: Graph, operator: Operator, source: Interval) -> Interval:
    filters = weights.int8_values(graph.input(operator, 1)).astype(np.int64)
    if filters.shape[1] != len(source.low):
        return anything(filters.shape[0])
    span = _offset(graph, operator, source, padded=False)
    return _summed(graph, operator, _signs(filters, ()), span)


def _pool(graph: Graph, operator: Operator, source: Interval) -> Interval:
    low, high = weights.clamp(graph, operator)
    return Interval(source.low.clip(low, high), source.high.clip(low, high))


def _summands(graph: Graph, operator: Operator) -> tuple[int, int] | None:
    """Return the inputs of an int8 sum of tensors of one shape, None for any other sum."""
    first, second = operator.inputs
    if first is None or second is None:
        return None
    reads = graph.tensors[first], graph.tensors[second]
    alike = len({read.shape for read in (*reads, graph.output(operator))}) == 1
    int8 = _is_int8(graph, operator) and is_int8_activation(reads[1])
    constant = any(read.constant for read in reads)
    return (first, second) if alike and int8 and not constant else None


def _sum(graph: Graph, operator: Operator, first: Interval, second: Interval) -> Interval:
    """Return the sums of both ends: a sum grows with both summands."""
    outputs = add.sum_of(graph, operator).outputs
    return Interval(outputs(first.low, second.low), outputs(first.high, second.high))


_RULES: Mapping[OperatorCode, Callable[[Graph, Operator, Interval], Interval]] = {
    OperatorCode.CONV_2D: _convolution,
    OperatorCode.DEPTHWISE_CONV_2D: _depthwise,
    OperatorCode.FULLY_CONNECTED: _fully_connected,
    OperatorCode.MAX_POOL_2D: _pool,
    OperatorCode.AVERAGE_POOL_2D: _pool,
}


def is_padded(graph: Graph, operator: Operator) -> bool:
    """Whether some window of a convolution lies partly outside of the input."""
    size = weights.window_size(graph, operator)
    window = windows.window_of(operator)
    walks = windows.walk(graph, operator, size)
    extents = graph.input(operator, 0).shape[1:3]
    return any(
        walk.pad > 0 or (walk.output - 1) * step + (taps - 1) * dilation - walk.pad >= extent
        for walk, step, taps, dilation, extent in zip(
            walks, window.stride, size, window.dilation, extents, strict=True
        )
    )


def _signs(
    filters: NDArray[np.int64], taps: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sums over taps of the weights above and of those below 0."""
    return filters.clip(min=0).sum(axis=taps), filters.clip(max=0).sum(axis=taps)


def _offset(graph: Graph, operator: Operator, source: Interval, *, padded: bool) -> Interval:
    """Return the interval less the zero point; padding counts as 0."""
    zero_point = quantization(graph.input(operator, 0)).zero_point
    low, high = source.low - zero_point, source.high - zero_point
    return Interval(low.clip(max=0), high.clip(min=0)) if padded else Interval(low, high)


def _summed(
    graph: Graph,
    operator: Operator,
    signs: tuple[NDArray[np.int64], NDArray[np.int64]],
    span: Interval,
) -> Interval:
    up, down = signs
    return _activated(
        graph, operator, up @ span.low + down @ span.high, up @ span.high + down @ span.low
    )


def _activated(
    graph: Graph, operator: Operator, low: NDArray[np.int64], high: NDArray[np.int64]
) -> Interval:
    """Return the interval of the outputs whose sums of products, without bias, are these."""
    bias = weights.bias_values(graph, operator)
    multipliers = weights.multipliers(graph, operator)
    least, most = weights.clamp(graph, operator)
    zero_point = quantization(graph.output(operator)).zero_point
    ends = []
    known = np.ones(len(low), bool)
    for end in (low + bias, high + bias):
        scaled, exact = requantized(end, multipliers)
        known &= exact
        ends.append((scaled + zero_point).clip(least, most))
    return Interval(np.where(known, ends[0], INT8_MIN), np.where(known, ends[1], INT8_MAX))


def requantized(
    sums: NDArray[np.int64], multipliers: Sequence[Multiplier]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return accumulators times their multipliers, with the reference's double rounding.

    One multiplier for all, or one for each. The second array says where a left shift
    stays within 32 bits, so that the first is what the reference computes.
    """
    value = np.array([m.value for m in multipliers], np.int64)
    shift = np.array([m.shift for m in multipliers], np.int64)
    left = sums << shift.clip(min=0)
    exact = (left >= _INT32.min) & (left <= _INT32.max)
    high = (left.clip(_INT32.min, _INT32.max) * value + (1 << 30)) >> 31
    right = (-shift).clip(min=0)
    mask = (1 << right) - 1
    rest, threshold = high & mask, (mask >> 1) + (high < 0)
    return (high >> right) + (rest > threshold), exact
