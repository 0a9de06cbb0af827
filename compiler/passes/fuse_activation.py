"""RELU and RELU6 behind an operator that clamps anyway are a tighter clamp."""

from collections.abc import Mapping
from dataclasses import replace

from ..graph import ElementType, Graph, Operator, OperatorCode
from ..options import (
    Activation,
    ArithmeticOptions,
    Conv2DOptions,
    FullyConnectedOptions,
    Options,
    Pool2DOptions,
)
from .uses import sole_reader

_ACTIVATIONS: Mapping[OperatorCode, Activation] = {
    OperatorCode.RELU: Activation.RELU,
    OperatorCode.RELU6: Activation.RELU6,
}


def fuse_activation(graph: Graph) -> Graph:
    """Return `graph` with each RELU and RELU6 fused into the operator that feeds only it.

    Input and output must have the same quantisation, so that the operator does nothing
    but clamp at the zero point, and at 6.0 rounded as a fused activation rounds it.
    """
    operators = {operator.index: operator for operator in graph.operators}
    for operator in graph.operators:
        reader = sole_reader(graph, operator.outputs[0])
        if reader is None or not _only_clamps(graph, reader):
            continue
        options = _with(operator.options, _ACTIVATIONS[reader.code])
        if options is not None and operator.index in operators:
            operators[operator.index] = replace(operator, options=options, outputs=reader.outputs)
            del operators[reader.index]
    return replace(graph, operators=tuple(operators.values()))


def _only_clamps(graph: Graph, operator: Operator) -> bool:
    source, result = graph.input(operator, 0), graph.output(operator)
    return (
        operator.code in _ACTIVATIONS
        and source.type is result.type is ElementType.INT8
        and source.quantization == result.quantization
    )


def _with(options: Options, activation: Activation) -> Options | None:
    """Return options with an activation; None where there is no room for one."""
    match options:
        case (
            Conv2DOptions(activation=Activation.NONE)
            | Pool2DOptions(activation=Activation.NONE)
            | FullyConnectedOptions(activation=Activation.NONE)
            | ArithmeticOptions(activation=Activation.NONE)
        ):
            return replace(options, activation=activation)
        case _:
            return None
