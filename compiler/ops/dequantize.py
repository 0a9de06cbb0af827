"""DEQUANTIZE, from int8."""

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import NoOptions
from . import conditions, overlap
from .call import Call, CType, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def from_int8(graph: Graph, operator: Operator) -> bool:
    """The input must be int8, quantised with one scale and one zero point from -128 to 127, and
    the output float32.
    """
    return (
        conditions.is_int8_activation(graph.input(operator, 0))
        and graph.output(operator).type is ElementType.FLOAT32
    )


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    source = graph.input(operator, 0)
    given = conditions.quantization(source)
    parameters = {
        "elements": source.elements,
        "scale": given.scale,
        "zero_point": given.zero_point,
    }
    return kernel(
        "dequantize",
        parameters,
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0], CType.FLOAT),
    )


DEFINITION = OperatorDefinition(
    options_type=38,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(from_int8,),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
)
