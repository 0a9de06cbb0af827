"""CONV_2D."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, Conv2DOptions, Padding, Window
from . import conditions, floats, weight_rows, weights, weights_int16, windows
from .call import Call, Value, kernel
from .definition import OperatorDefinition, one_call


def read_options(table: Table) -> Conv2DOptions:
    """Read the schema's Conv2DOptions."""
    return Conv2DOptions(
        window=Window(
            padding=Padding(table.integer(0, "b")),
            stride=(table.integer(2, "i"), table.integer(1, "i")),
            dilation=(table.integer(5, "i", 1), table.integer(4, "i", 1)),
        ),
        activation=Activation(table.integer(3, "b")),
    )


def weights_match(graph: Graph, operator: Operator) -> bool:
    """The weights must be [output depth, height, width, input depth], or of several groups: input
    depth and output depth then both are a group's times the same number.
    """
    filters = graph.input(operator, 1).shape
    if len(filters) != 4 or filters[0] != graph.output(operator).shape[3]:
        return False
    groups, rest = divmod(graph.input(operator, 0).shape[3], filters[3])
    return groups > 0 and rest == 0 and filters[0] % groups == 0


def macs(graph: Graph, operator: Operator) -> int:
    """Count every tap of every output, those on padding too."""
    _, height, width, depth = graph.input(operator, 1).shape
    return graph.output(operator).elements * height * width * depth


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type; for int8 the plain one if there is one
    group.
    """
    input_depth, output_depth = graph.input(operator, 0).shape[3], graph.output(operator).shape[3]
    filter_depth = graph.input(operator, 1).shape[3]
    groups = input_depth // filter_depth
    window = windows.window_members(graph, operator, weights.window_size(graph, operator))
    if conditions.is_float(graph, operator) or conditions.is_int16(graph, operator):
        grouped: dict[str, Value] = {
            "window": window,
            "groups": groups,
            "filter_depth": filter_depth,
            "output_depth": output_depth,
        }
        if conditions.is_float(graph, operator):
            return floats.weighted_call("conv_2d", grouped, graph, operator)
        grouped |= weights_int16.members(graph, operator)
        return kernel("conv_2d_int16", grouped, *weights_int16.arguments(graph, operator))
    arguments = weights.arguments(graph, operator)
    parameters: dict[str, Value] = {
        "window": window,
        "input_depth": input_depth,
        "output_depth": output_depth,
        **weights.output_members(graph, operator),
    }
    if groups == 1:
        return kernel("conv_2d", parameters, *arguments)
    group = {"input_depth": filter_depth, "output_depth": output_depth // groups}
    return kernel("conv_2d_grouped", {"whole": parameters, "group": group}, *arguments)


DEFINITION = OperatorDefinition(
    options_type=1,
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
        weights.constant_bias,
        weights_match,
        weight_rows.scales_match,
        weights.output_size,
        weights.moderate_scales,
        weight_rows.accumulators,
    ),
    macs=macs,
    lower=one_call(call, weights.overlaps),
)
