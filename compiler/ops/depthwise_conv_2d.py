"""DEPTHWISE_CONV_2D."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, Conv2DOptions, Padding, Window
from . import conditions, floats, weights, weights_int16, windows
from .call import Call, Value, kernel
from .definition import OperatorDefinition, one_call


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


def bias_left_out(graph: Graph, operator: Operator) -> bool:
    """An absent bias must be left out of the list of inputs: where it is listed as -1, the
    reference interpreter crashes, so that nothing could prove the result.
    """
    return operator.inputs[-1] is not None


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
    if conditions.is_float(graph, operator):
        return True
    given = conditions.quantization(graph.input(operator, 1))
    return given.per_tensor or given.axis == 3


def accumulators(graph: Graph, operator: Operator) -> bool:
    """Weights and bias must be small enough for 32-bit accumulators, whatever the input; if that is
    int16, the weights for 32 bits, and with the bias for 48.
    """
    if conditions.is_float(graph, operator):
        return True
    filters = weights.int8_values(graph.input(operator, 1))
    rows = filters.reshape(-1, filters.shape[3]).T
    if conditions.is_int16(graph, operator):
        fits = weights_int16.accumulators_fit(graph, operator, rows)
        return fits and weights_int16.products_fit(rows)
    return weights.accumulators_fit(graph, operator, rows)


def macs(graph: Graph, operator: Operator) -> int:
    """Count every tap of every output, those on padding too."""
    height, width = weights.window_size(graph, operator)
    return graph.output(operator).elements * height * width


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    depth = graph.input(operator, 0).shape[3]
    parameters: dict[str, Value] = {
        "window": windows.window_members(graph, operator, weights.window_size(graph, operator)),
        "input_depth": depth,
        "depth_multiplier": graph.output(operator).shape[3] // depth,
    }
    if conditions.is_float(graph, operator):
        return floats.weighted_call("depthwise_conv_2d", parameters, graph, operator)
    if conditions.is_int16(graph, operator):
        parameters |= weights_int16.members(graph, operator)
        arguments = weights_int16.arguments(graph, operator)
        return kernel("depthwise_conv_2d_int16", parameters, *arguments)
    parameters |= weights.output_members(graph, operator)
    return kernel("depthwise_conv_2d", parameters, *weights.arguments(graph, operator))


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
        conditions.int8_int16_or_float,
        windows.small_steps,
        weights.constant_weights,
        bias_left_out,
        weights.constant_bias,
        weights_match,
        scales_match,
        weights.output_size,
        weights.moderate_scales,
        accumulators,
    ),
    macs=macs,
    lower=one_call(call, weights.overlaps),
)
