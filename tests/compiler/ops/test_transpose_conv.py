"""TRANSPOSE_CONV against the interpreter."""

from hypothesis import given
from hypothesis import strategies as st

from compiler.graph import OperatorCode
from compiler.options import Padding

from ..model_builder import constant, one_operator, schema
from .operator_law import activations, assert_same, int8, many, scales, zero_points
from .weights_law import weighted

axis = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))
"""Input extent, taps, stride, and output places more than the input reaches."""


def reach(padding: Padding, extent: int, taps: int, stride: int, more: int) -> int:
    return (extent * stride if padding is Padding.SAME else (extent - 1) * stride + taps) + more


@many
@given(
    data=st.data(),
    height=axis,
    width=axis,
    padding=st.sampled_from(Padding),
    batch=st.integers(1, 2),
    depth=st.integers(1, 4),
    channels=st.integers(1, 4),
    activation=activations,
    zeros=st.tuples(zero_points, zero_points),
    result=scales,
)
def test_transpose_conv(
    kernels, data, height, width, padding, batch, depth, channels, activation, zeros, result
):
    weights, bias, scale, seed = data.draw(
        weighted((channels, height[1], width[1], depth), 0, channels)
    )
    shape = (batch, reach(padding, *height), reach(padding, *width), channels)
    options = schema.TransposeConvOptionsT()
    options.padding = int(padding)
    options.strideH, options.strideW = height[2], width[2]
    options.fusedActivationFunction = int(activation)
    source = int8((batch, height[0], width[0], depth), scale, zeros[0])
    model = one_operator(
        OperatorCode.TRANSPOSE_CONV,
        [constant(*shape), weights, source, *([bias] if bias else [])],
        int8(shape, result, zeros[1]),
        options,
    )
    assert_same(kernels, model, seed)
