"""DEPTHWISE_CONV_2D."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, Conv2DOptions, Padding, Window
from ..quantization import Multiplier, channel_multipliers
from . import conditions, weights, windows
from .call import Call, kernel
from .definition import OperatorDefinition


def read_options(table: Table) -> Conv2DOptions:
    """Read the schema's DepthwiseConv2DOptions; the shapes tell the depth multiplier too."""
    return Conv2DOptions(
        window=Window(
            padding=Padding(table.integer(0, "b")),
            stride=(table.integer(2, "i"), table.integer(1, "i")),
            dilation=(table.integer(6, "i", 1), table.integer(5, "i", 1)),
        ),
        activation=Activation(table.integer(4, "b")),
    )


def weights_match(graph: Graph, operator: Operator) -> bool:
    """The weights must be [1, height, width, output depth], and the output depth a multiple of the
    input depth.
    """
    filters = graph.input(operator, 1).shape
    depth = graph.output(operator).shape[3]
    return (
        len(filters) == 4
        and filters[0] == 1
        and filters[3] == depth
        and depth % graph.input(operator, 0).shape[3] == 0
    )


def scales_match(graph: Graph, operator: Operator) -> bool:
    """The weights must have one scale in all or one per output channel (dimension 3)."""
    given = conditions.quantization(graph.input(operator, 1))
    return given.per_tensor or given.axis == 3


def output_size(graph: Graph, operator: Operator) -> bool:
    """The output's height and width must be those that padding, stride, dilation and the weights
    give.
    """
    return windows.walks_to_output(graph, operator, _size(graph, operator))


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The scale of the output must not be smaller than the product of the other scales by 2^30 or
    more.
    """
    return weights.moderate(_multipliers(graph, operator))


def accumulators(graph: Graph, operator: Operator) -> bool:
    """Weights and bias must be small enough for 32-bit accumulators, whatever the input."""
    filters = weights.int8_values(graph.input(operator, 1))
    return weights.accumulators_fit(graph, operator, filters.reshape(-1, filters.shape[3]).T)


def macs(graph: Graph, operator: Operator) -> int:
    """Count every tap of every output, those on padding too."""
    height, width = _size(graph, operator)
    return graph.output(operator).elements * height * width


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    multipliers = _multipliers(graph, operator)
    depth = graph.input(operator, 0).shape[3]
    parameters = {
        "window": windows.window_members(graph, operator, _size(graph, operator)),
        "input_depth": depth,
        "depth_multiplier": graph.output(operator).shape[3] // depth,
        **weights.output_members(graph, operator, multipliers),
    }
    return kernel("depthwise_conv_2d", parameters, *weights.arguments(operator, multipliers))


def _size(graph: Graph, operator: Operator) -> tuple[int, int]:
    _, height, width, _ = graph.input(operator, 1).shape
    return height, width


def _multipliers(graph: Graph, operator: Operator) -> tuple[Multiplier, ...]:
    return channel_multipliers(
        conditions.quantization(graph.input(operator, 0)),
        conditions.quantization(graph.input(operator, 1)),
        conditions.quantization(graph.output(operator)),
    )


DEFINITION = OperatorDefinition(
    options_type=2,
    read_options=read_options,
    inputs=range(2, 4),
    rules=(
        conditions.four_dimensions,
        conditions.same_batch,
        windows.positive_window,
        weights.bias_per_channel,
    ),
    limits=(
        conditions.int8_input_and_output,
        weights.constant_int8_weights,
        weights.constant_int32_bias,
        weights_match,
        scales_match,
        output_size,
        moderate_scales,
        accumulators,
    ),
    macs=macs,
    call=call,
)
