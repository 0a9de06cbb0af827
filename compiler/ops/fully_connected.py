"""FULLY_CONNECTED."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import Activation, FullyConnectedOptions
from . import conditions, floats, weight_rows, weights, weights_int16
from .call import Call, Value, kernel
from .definition import OperatorDefinition, one_call


def read_options(table: Table) -> FullyConnectedOptions:
    """Read the schema's FullyConnectedOptions; the shapes tell whether dimensions are kept."""
    return FullyConnectedOptions(
        activation=Activation(table.integer(0, "b")),
        weights_format=table.integer(1, "b"),
    )


def has_depth(graph: Graph, operator: Operator) -> bool:
    """The output must have at least one dimension."""
    return len(graph.output(operator).shape) >= 1


def plain_weights(graph: Graph, operator: Operator) -> bool:
    """The weights must be in the plain row-major format."""
    options = operator.options
    return isinstance(options, FullyConnectedOptions) and options.weights_format == 0


def weights_match(graph: Graph, operator: Operator) -> bool:
    """The weights must be [output depth, input depth], and the input must be as many rows of
    input depth as the output is of output depth.
    """
    filters = graph.input(operator, 1).shape
    result = graph.output(operator)
    return (
        len(filters) == 2
        and filters[0] == result.shape[-1]
        and graph.input(operator, 0).elements == result.elements // filters[0] * filters[1]
    )


def macs(graph: Graph, operator: Operator) -> int:
    """Count each weight once per row of the input."""
    return graph.output(operator).elements * graph.input(operator, 1).shape[1]


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    output_depth, input_depth = graph.input(operator, 1).shape
    parameters: dict[str, Value] = {
        "batches": graph.output(operator).elements // output_depth,
        "input_depth": input_depth,
        "output_depth": output_depth,
    }
    if conditions.is_float(graph, operator):
        return floats.weighted_call("fully_connected", parameters, graph, operator)
    if conditions.is_int16(graph, operator):
        parameters |= weights_int16.members(graph, operator)
        return kernel(
            "fully_connected_int16", parameters, *weights_int16.arguments(graph, operator)
        )
    parameters |= weights.output_members(graph, operator)
    return kernel("fully_connected", parameters, *weights.arguments(graph, operator))


DEFINITION = OperatorDefinition(
    options_type=8,
    read_options=read_options,
    inputs=range(2, 4),
    rules=(has_depth, weights.bias_per_channel),
    limits=(
        conditions.int8_int16_or_float,
        plain_weights,
        weights.constant_weights,
        weights.constant_bias,
        weights_match,
        weight_rows.scales_match,
        weights.moderate_scales,
        weight_rows.accumulators,
    ),
    macs=macs,
    lower=one_call(call),
)
