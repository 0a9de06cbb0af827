"""LAYER_PAIR: two convolutions with a few rows between them; made by `line_buffer`, in no file."""

from collections.abc import Mapping
from dataclasses import replace

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator, OperatorCode
from ..machine import Machine
from ..options import NoOptions, PairOptions
from . import conv_2d, depthwise_conv_2d, weights, windows
from .call import Argument, ArrayArgument, Lowered, Overlap, ScratchArgument, TensorArgument, Value
from .call import kernel as call_of
from .definition import OperatorDefinition

_LAYERS = {
    OperatorCode.CONV_2D: conv_2d,
    OperatorCode.DEPTHWISE_CONV_2D: depthwise_conv_2d,
}
_NO_OPTIONS = -3


def read_options(table: Table) -> NoOptions:
    """Return nothing: no file has this operator."""
    return NoOptions()


def layers(operator: Operator) -> tuple[Operator, Operator]:
    """Return the two layers."""
    if not isinstance(operator.options, PairOptions):
        raise TypeError(f"{operator} is no pair of layers")
    return operator.options.first, operator.options.second


def can_pair(graph: Graph, first: Operator, second: Operator) -> bool:
    """Whether both are int8 convolutions of one group and one image, the second on the first's."""
    if second.inputs[0] != first.outputs[0]:
        return False
    return all(
        layer.code in _LAYERS
        and graph.input(layer, 0).type is ElementType.INT8
        and graph.input(layer, 0).shape[0] == 1
        and (
            layer.code is OperatorCode.DEPTHWISE_CONV_2D
            or graph.input(layer, 1).shape[3] == graph.input(layer, 0).shape[3]
        )
        for layer in (first, second)
    )


def macs(graph: Graph, operator: Operator) -> int:
    """Count those of both layers."""
    return sum(_LAYERS[layer.code].macs(graph, layer) for layer in layers(operator))


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the kernel's call, with the rows between the layers as scratch memory."""
    first, second = layers(operator)
    parameters: dict[str, Value] = {
        "first": _parameters(graph, first),
        "second": _parameters(graph, second),
        "first_depthwise": int(first.code is OperatorCode.DEPTHWISE_CONV_2D),
        "second_depthwise": int(second.code is OperatorCode.DEPTHWISE_CONV_2D),
    }
    arguments = (
        TensorArgument("input", first.inputs[0]),
        *_constants(graph, first, "first_"),
        *_constants(graph, second, "second_"),
        ScratchArgument(),
        TensorArgument("output", second.outputs[0]),
    )
    call = call_of("layer_pair", parameters, *arguments)
    sources = (*call.sources, "conv_2d.c", "depthwise_conv_2d.c")
    between = graph.output(first)
    line = between.size // between.shape[1]
    rows = min(_reach(graph, second), between.shape[1])
    return Lowered(
        (replace(call, sources=sources),),
        scratch=rows * line,
        overlaps=_overlaps(graph, first, second),
    )


def _parameters(graph: Graph, layer: Operator) -> Mapping[str, Value]:
    size = weights.window_size(graph, layer)
    return {
        "window": windows.window_members(graph, layer, size),
        "input_depth": graph.input(layer, 0).shape[3],
        "output_depth": graph.output(layer).shape[3],
        **weights.output_members(graph, layer),
    }


def _constants(graph: Graph, layer: Operator, prefix: str) -> list[Argument]:
    """Return weights, bias, multipliers and shifts, under roles of their own."""
    _, *constants, _ = weights.arguments(graph, layer)
    return [
        replace(one, role=f"{prefix}{one.role}")
        for one in constants
        if isinstance(one, TensorArgument | ArrayArgument)
    ]


def _reach(graph: Graph, layer: Operator) -> int:
    """Return how many rows a layer's window covers."""
    height, _ = weights.window_size(graph, layer)
    return (height - 1) * windows.window_of(layer).dilation[0] + 1


def _overlaps(graph: Graph, first: Operator, second: Operator) -> tuple[Overlap, ...]:
    """Return how far the output must begin before the input, whose rows the first layer reads.

    When a row of the output is written, the first layer has made the rows under the
    window and reads nothing above its own next window.
    """
    source, between, result = graph.input(first, 0), graph.output(first), graph.output(second)
    number = first.inputs[0]
    if number is None:
        return ()
    (one, _), (two, _) = (
        windows.walk(graph, layer, weights.window_size(graph, layer)) for layer in (first, second)
    )
    strides = windows.window_of(first).stride[0], windows.window_of(second).stride[0]
    reach, height = _reach(graph, second), between.shape[1]
    row_in, row_out = source.size // source.shape[1], result.size // result.shape[1]
    distance = -source.size
    for row in range(two.output):
        made = min(max(row * strides[1] - two.pad + reach, 0), height)
        needed = max(made * strides[0] - one.pad, 0) * row_in
        if made < height:
            distance = max(distance, (row + 1) * row_out - needed)
    return (Overlap(number, second.outputs[0], distance),)


DEFINITION = OperatorDefinition(
    options_type=_NO_OPTIONS,
    read_options=read_options,
    inputs=range(3, 6),
    rules=(),
    limits=(),
    macs=macs,
    lower=lower,
)
