"""PAD before a convolution is padding of that convolution."""

from dataclasses import replace

from ..graph import Graph, Operator, OperatorCode
from ..ops.conditions import constant_int32, is_int8_activation
from ..ops.weights import window_size
from ..options import Conv2DOptions, Padding
from .uses import sole_reader

_CONVOLUTIONS = (OperatorCode.CONV_2D, OperatorCode.DEPTHWISE_CONV_2D)


def fuse_pad(graph: Graph) -> Graph:
    """Return `graph` with each PAD of height and width fused into the convolution that reads it.

    The convolution must be VALID, and no window may lie on padding alone. What PAD
    writes is the zero point, which is what a convolution takes padding for.
    """
    operators = {operator.index: operator for operator in graph.operators}
    for pad in graph.operators:
        reader = sole_reader(graph, pad.outputs[0]) if pad.code is OperatorCode.PAD else None
        if reader is not None and (options := _padded(graph, pad, reader)):
            inputs = (pad.inputs[0], *reader.inputs[1:])
            operators[reader.index] = replace(reader, inputs=inputs, options=options)
            del operators[pad.index]
    return replace(graph, operators=tuple(operators.values()))


def _padded(graph: Graph, pad: Operator, reader: Operator) -> Conv2DOptions | None:
    """Return the options of `reader` if it did the padding; None where it cannot."""
    source, result, options = graph.input(pad, 0), graph.output(pad), reader.options
    given = constant_int32(graph.input(pad, 1))
    if (
        reader.code not in _CONVOLUTIONS
        or reader.inputs[0] != pad.outputs[0]
        or not isinstance(options, Conv2DOptions)
        or options.window.padding is not Padding.VALID
        or options.window.before is not None
        or given is None
        or len(given) != 8
        or not is_int8_activation(source)
        or source.quantization != result.quantization
    ):
        return None
    batch, height, width, depth = (given[at : at + 2] for at in range(0, 8, 2))
    reach = [
        (taps - 1) * dilation
        for taps, dilation in zip(window_size(graph, reader), options.window.dilation, strict=True)
    ]
    if any(batch + depth) or max(height) > reach[0] or max(width) > reach[1]:
        return None
    return replace(options, window=replace(options.window, before=(height[0], width[0])))
