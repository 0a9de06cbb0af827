"""CONCATENATION: bytes put together, by `passes.alias_concatenation` where they arise if it can."""

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import Activation, ConcatenationOptions
from .definition import OperatorDefinition
from .parts import definition, parts_fill_whole

INPUTS_MAX = 10
"""As many as the interpreter takes."""


def read_options(table: Table) -> ConcatenationOptions:
    """Read the schema's ConcatenationOptions."""
    return ConcatenationOptions(table.integer(0, "i"), Activation(table.integer(1, "b")))


def no_activation(graph: Graph, operator: Operator) -> bool:
    """No activation may be fused into it."""
    options = operator.options
    return isinstance(options, ConcatenationOptions) and options.activation is Activation.NONE


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The output must have at most six dimensions."""
    return len(graph.output(operator).shape) <= 6


def one_scale(graph: Graph, operator: Operator) -> bool:
    """Inputs of int8 must have the scale and the zero point of the output."""
    result = graph.output(operator)
    inputs = (graph.input(operator, position) for position in range(len(operator.inputs)))
    return result.type is not ElementType.INT8 or all(
        one.quantization == result.quantization for one in inputs
    )


def symmetric_int16(graph: Graph, operator: Operator) -> bool:
    """Tensors of int16 must have the zero point 0."""
    numbers = (*operator.inputs, *operator.outputs)
    tensors = (graph.tensors[number] for number in numbers if number is not None)
    return all(
        set(tensor.quantization.zero_points) <= {0}
        for tensor in tensors
        if tensor.type is ElementType.INT16 and tensor.quantization
    )


DEFINITION: OperatorDefinition = definition(
    10,
    read_options,
    range(1, INPUTS_MAX + 1),
    range(1, 2),
    parts_fill_whole,
    no_activation,
    few_dimensions,
    one_scale,
    symmetric_int16,
)
