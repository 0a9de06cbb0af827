"""The constants of an operator whose weights are packed in pairs."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ...graph import Graph, Operator
from ...ops import weights
from ...ops.call import ArrayArgument, CType
from ...ops.conditions import quantization
from .. import folded
from . import lanes
from .staircase import Output, Staircase, signed, staircase


@dataclass(frozen=True, slots=True)
class Channels:
    """Each channel's folded bias and staircase; `rows` are its weights."""

    rows: NDArray[np.int64]
    bias: NDArray[np.int64]
    steps: tuple[Staircase, ...]

    def records(self) -> ArrayArgument:
        """Return the words of `steps_narrow.h` of each channel in its order."""
        values = [self._record(channel) for channel in range(len(self.rows))]
        return ArrayArgument.of("steps", np.array(values).ravel(), CType.INT32)

    def windows(self) -> ArrayArgument:
        """Return the channels of three by three taps, as depthwise_3x3_narrow.h wants them."""
        columns = self.rows.reshape(-1, 3, 3).transpose(0, 2, 1).reshape(-1, 9)
        records = [
            (*self._record(channel), length, *columns[channel])
            for channel, length in enumerate(
                lanes.longest(lanes.safe(columns, lanes.COLUMNS), lanes.COLUMNS)
            )
        ]
        return ArrayArgument.of("channels", np.array(records).ravel(), CType.INT32)

    def _record(self, channel: int) -> tuple[int, ...]:
        steps = self.steps[channel]
        return (signed(int(self.bias[channel]) - steps.low), *steps.words())

    def packed(self) -> tuple[ArrayArgument, ArrayArgument, ArrayArgument]:
        """Return groups of blocks, weights and channels, as conv_2d_narrow.h wants them.

        Channels are put together by the length of their runs, and the last block is filled
        with the last channel.
        """
        count, taps = self.rows.shape
        allowed = lanes.safe(self.rows)
        order = np.argsort(-lanes.longest(allowed), kind="stable")
        order = np.pad(order, (0, -count % lanes.CHANNELS), mode="edge")
        together = allowed[order].reshape(-1, lanes.CHANNELS, len(lanes.LENGTHS)).all(axis=1)
        lengths = lanes.longest(np.asarray(together))
        groups = [
            (length, taps // length * length, len(list(blocks)))
            for length, blocks in groupby(lengths.tolist())
        ]
        records = [(*self._record(int(channel)), int(channel)) for channel in order]
        return (
            ArrayArgument.of("runs", np.array(groups).ravel(), CType.INT32),
            ArrayArgument.of("words", lanes.packed(self.rows[order]), CType.INT32),
            ArrayArgument.of("channels", np.array(records).ravel(), CType.INT32),
        )


def channels_of(graph: Graph, operator: Operator, rows: NDArray[np.int64]) -> Channels | None:
    """Return the constants for weights with a row per channel; None where no staircase is found."""
    if not folded.fits(graph, operator, rows):
        return None
    bias = folded.bias(graph, operator, rows)
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
