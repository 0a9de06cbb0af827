"""The constants of an operator whose weights are packed in pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...ops import weights
from ...ops.call import Argument, ArrayArgument, CType
from ...ops.conditions import quantization
from .. import folded
from . import lanes
from .staircase import Output, Staircase, staircase


@dataclass(frozen=True, slots=True)
class Channels:
    """Each channel's folded bias and staircase; `rows` are its weights."""

    rows: NDArray[np.int64]
    bias: NDArray[np.int64]
    steps: tuple[Staircase, ...]

    def records(self) -> ArrayArgument:
        """Return the words of `steps_narrow.h` of each channel in its order."""
        values = [(bias, *steps) for bias, steps in zip(self.bias, self.steps, strict=True)]
        return ArrayArgument.of("steps", np.array(values).ravel(), CType.INT32)

    def packed(self) -> tuple[Argument, ...]:
        """Return blocks, weights and channels, as conv_2d_narrow.h wants them.

        Channels are put together by the length of their runs, and the last block is filled
        with the last channel.
        """
        count, taps = self.rows.shape
        allowed = lanes.safe(self.rows)
        order = np.argsort(-lanes.longest(allowed), kind="stable")
        order = np.pad(order, (0, -count % lanes.CHANNELS), mode="edge")
        together = allowed[order].reshape(-1, lanes.CHANNELS, len(lanes.LENGTHS)).all(axis=1)
        lengths = lanes.longest(np.asarray(together))
        # Each lane of each run begins in its middle, so that it never falls below 0.
        whole = taps // lengths * (lengths > 1)
        runs = np.repeat(whole + taps - whole * lengths, lanes.CHANNELS)
        low = np.arange(len(order)) % 2 == 0
        bias = self.bias[order] - np.where(low, runs * lanes.LANE, 0)
        records = [
            (int(first), *self.steps[channel], int(channel))
            for first, channel in zip(bias, order, strict=True)
        ]
        return (
            ArrayArgument.of("runs", np.stack((lengths, whole * lengths), 1).ravel(), CType.INT32),
            ArrayArgument.of("words", lanes.packed(self.rows[order]), CType.INT32),
            ArrayArgument.of("channels", np.array(records).ravel(), CType.INT32),
        )


def channels_of(graph: Graph, operator: Operator, rows: NDArray[np.int64]) -> Channels | None:
    """Return the constants for weights with a row per channel; None where no staircase is found."""
    if not folded.fits(graph, operator, rows):
        return None
    bias = folded.bias(graph, operator, rows)
    reach = (128 * np.abs(rows) + lanes.LANE).sum(axis=1) + np.abs(bias)
    if reach.max(initial=0) > weights.INT32_MAX:
        return None
    positive, negative = np.maximum(rows, 0).sum(axis=1), np.minimum(rows, 0).sum(axis=1)
    least = bias - 128 * positive + 127 * negative
    most = bias + 127 * positive - 128 * negative
    given = weights.multipliers(graph, operator)
    output = Output(
        quantization(graph.output(operator)).zero_point, *weights.clamp(graph, operator)
    )
    if len(given) == 1:
        least, most = least.min(keepdims=True), most.max(keepdims=True)
    steps = tuple(
        staircase(multiplier, output, int(first), int(last))
        for multiplier, first, last in zip(given, least, most, strict=True)
    )
    proven = tuple(step for step in steps if step is not None)
    if len(proven) < len(steps):
        return None
    return Channels(rows, bias, proven * (len(rows) // len(proven)))
