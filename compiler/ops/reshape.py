"""RESHAPE: normally no code at all, see `passes.alias_reshape`; else a copy."""

from ..graph import Graph, Operator
from .call import Call, TensorArgument, copy
from .definition import OperatorDefinition, no_macs, no_options, one_call


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


def definition(options_type: int, inputs: range) -> OperatorDefinition:
    """Return the definition of an operator that changes the shape and nothing else."""
    return OperatorDefinition(
        options_type=options_type,
        read_options=no_options,
        inputs=inputs,
        rules=(same_elements,),
        limits=(same_quantization,),
        macs=no_macs,
        lower=one_call(call),
    )


DEFINITION = definition(17, range(1, 3))
