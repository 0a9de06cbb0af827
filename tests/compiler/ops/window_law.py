"""What convolutions and pools are drawn from: a window that moves over an image."""

from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.ops.windows import extent
from compiler.options import Activation, Padding

from ..model_builder import TensorSpec, one_operator, schema
from .operator_law import activations

Axis = tuple[int, int, int, int]
"""Input extent, taps, stride, dilation."""

axis = st.tuples(st.integers(1, 8), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))

undilated = axis.map(lambda drawn: (*drawn[:3], 1))

both_axes = st.tuples(axis, axis)
few_batches = st.integers(1, 2)


@dataclass(frozen=True)
class Sliding:
    """A window that moves over an image, of which it sees something; and what is made of that."""

    height: Axis
    width: Axis
    padding: Padding
    batch: int
    activation: Activation

    @property
    def taps(self) -> tuple[int, int]:
        return self.height[1], self.width[1]

    @property
    def places(self) -> tuple[int, int]:
        """How many rows and columns of output there are."""
        rows, columns = (extent(self.padding, *axis).output for axis in (self.height, self.width))
        return rows, columns

    def source(self, depth: int) -> tuple[int, ...]:
        """Return the input's shape."""
        return self.batch, self.height[0], self.width[0], depth

    def result(self, depth: int) -> tuple[int, ...]:
        """Return the output's shape."""
        return self.batch, *self.places, depth

    def convolution(
        self, source: TensorSpec, weights: TensorSpec, bias: TensorSpec | None, result: TensorSpec
    ) -> bytes:
        """Return a model of a CONV_2D, of several groups where weights are less deep."""
        options = self._stepping(schema.Conv2DOptionsT())
        options.dilationHFactor, options.dilationWFactor = self.height[3], self.width[3]
        return one_operator(OperatorCode.CONV_2D, [source, weights, bias], result, options)

    def depthwise(
        self, source: TensorSpec, weights: TensorSpec, bias: TensorSpec | None, result: TensorSpec
    ) -> bytes:
        """Return a model of a DEPTHWISE_CONV_2D; a bias that is None is left out."""
        options = self._stepping(schema.DepthwiseConv2DOptionsT())
        options.dilationHFactor, options.dilationWFactor = self.height[3], self.width[3]
        options.depthMultiplier = weights.shape[3] // source.shape[3]
        operands = [source, weights, *([bias] if bias else [])]
        return one_operator(OperatorCode.DEPTHWISE_CONV_2D, operands, result, options)

    def pool(self, code: OperatorCode, source: TensorSpec, result: TensorSpec) -> bytes:
        """Return a model of a pool."""
        options = self._stepping(schema.Pool2DOptionsT())
        options.filterHeight, options.filterWidth = self.taps
        return one_operator(code, [source], result, options)

    def _stepping(self, options: Any) -> Any:
        options.padding = int(self.padding)
        options.strideH, options.strideW = self.height[2], self.width[2]
        options.fusedActivationFunction = int(self.activation)
        return options


@st.composite
def slidings(
    draw: st.DrawFn,
    window: st.SearchStrategy[tuple[Axis, Axis]] = both_axes,
    batches: st.SearchStrategy[int] = few_batches,
) -> Sliding:
    """Draw a window that has an output."""
    height, width = draw(window)
    padding, batch, activation = draw(st.sampled_from(Padding)), draw(batches), draw(activations)
    drawn = Sliding(height, width, padding, batch, activation)
    assume(min(drawn.places) > 0)
    return drawn
