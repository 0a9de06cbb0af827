"""RESHAPE: normally no code at all, see `passes.alias_reshape`; else a copy."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import NoOptions
from .call import Call, TensorArgument, copy
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the output's shape is the new shape."""
    return NoOptions()


def same_elements(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same element type and number of elements."""
    source, result = graph.input(operator, 0), graph.output(operator)
    return (source.type, source.elements) == (result.type, result.elements)


def same_quantization(graph: Graph, operator: Operator) -> bool:
    """Input and output must have the same scale and zero point, as the TFLite quantisation
    specification demands of this operator.
    """
    return graph.input(operator, 0).quantization == graph.output(operator).quantization


def call(graph: Graph, operator: Operator) -> Call:
    """Return a copy."""
    return copy(
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
        graph.output(operator).size,
    )


DEFINITION = OperatorDefinition(
    options_type=17,
    read_options=read_options,
    inputs=range(1, 3),
    rules=(same_elements,),
    limits=(same_quantization,),
    macs=no_macs,
    lower=one_call(call),
)
