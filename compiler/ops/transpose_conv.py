"""TRANSPOSE_CONV: what CONV_2D of the same window reads of a place, goes to that place."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TypeVar

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, Conv2DOptions, Padding, Window
from . import conditions, weight_rows, weights, windows
from .call import Call, kernel
from .definition import OperatorDefinition, one_call

_T = TypeVar("_T")


def read_options(table: Table) -> Conv2DOptions:
    """Read the schema's TransposeConvOptions."""
    return Conv2DOptions(
        window=Window(
            padding=Padding(table.integer(0, "b")),
            stride=(table.integer(2, "i"), table.integer(1, "i")),
        ),
        activation=Activation(table.integer(3, "b")),
    )


def _as_convolution(operator: Operator) -> Operator:
    """Return the operator with its tensors in the places where CONV_2D has them."""
    bias = operator.inputs[3:4]
    return replace(operator, inputs=(operator.inputs[2], operator.inputs[1], *bias))


def _asked(of: Callable[[Graph, Operator], _T]) -> Callable[[Graph, Operator], _T]:
    """Return what CONV_2D tells of its tensors, told of these."""

    @wraps(of)
    def told(graph: Graph, operator: Operator) -> _T:
        return of(graph, _as_convolution(operator))

    return told


def four_dimensions(graph: Graph, operator: Operator) -> bool:
    """Weights, input and output must have four dimensions, and input and output the same batch."""
    tensors = graph.input(operator, 1), graph.input(operator, 2), graph.output(operator)
    return all(len(tensor.shape) == 4 for tensor in tensors) and (
        tensors[1].shape[0] == tensors[2].shape[0]
    )


def shape_is_output(graph: Graph, operator: Operator) -> bool:
    """The output's shape must be given as constant int32."""
    return conditions.constant_int32(graph.input(operator, 0)) == graph.output(operator).shape


def weights_match(graph: Graph, operator: Operator) -> bool:
    """The weights must be [output depth, height, width, input depth]."""
    filters = graph.input(operator, 1).shape
    source, result = graph.input(operator, 2).shape, graph.output(operator).shape
    return (filters[0], filters[3]) == (result[3], source[3])


def macs(graph: Graph, operator: Operator) -> int:
    """Count every weight once per place of the input, those cut off at the border too."""
    source = graph.input(operator, 2)
    return source.elements // source.shape[3] * graph.input(operator, 1).elements


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    same = _as_convolution(operator)
    window = windows.window_of(operator)
    batches, input_height, input_width, input_depth = graph.input(same, 0).shape
    _, output_height, output_width, output_depth = graph.output(operator).shape
    height, width = weights.window_size(graph, same)
    rows, columns = (
        windows.extent(window.padding, extent, taps, stride, 1)
        for extent, taps, stride in zip(
            (output_height, output_width), (height, width), window.stride, strict=True
        )
    )
    return kernel(
        "transpose_conv",
        {
            "batches": batches,
            "input_height": input_height,
            "input_width": input_width,
            "input_depth": input_depth,
            "output_height": output_height,
            "output_width": output_width,
            "output_depth": output_depth,
            "height": height,
            "width": width,
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "pad_top": rows.pad,
            "pad_left": columns.pad,
            **weights.output_members(graph, same),
        },
        *weights.arguments(graph, same),
    )


DEFINITION = OperatorDefinition(
    options_type=49,
    read_options=read_options,
    inputs=range(3, 5),
    rules=(four_dimensions, windows.positive_window, _asked(weights.bias_per_channel)),
    limits=(
        shape_is_output,
        _asked(conditions.int8_input_and_output),
        windows.small_steps,
        _asked(weights.constant_weights),
        _asked(weights.constant_bias),
        weights_match,
        _asked(weight_rows.scales_match),
        _asked(weights.moderate_scales),
        _asked(weight_rows.accumulators),
    ),
    macs=macs,
    lower=one_call(call),
)
