"""DEQUANTIZE, from int8 and from int16."""

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import NoOptions
from . import conditions, overlap
from .call import Call, CType, TensorArgument, Value, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def from_integer(graph: Graph, operator: Operator) -> bool:
    """The input must be int8 or int16, quantised with one scale and one zero point, from -128 to
    127 for int8 and 0 for int16, and the output float32.
    """
    source = graph.input(operator, 0)
    return (
        conditions.is_int8_activation(source) or conditions.is_int16_activation(source)
    ) and graph.output(operator).type is ElementType.FLOAT32


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    source = graph.input(operator, 0)
    given = conditions.quantization(source)
    parameters: dict[str, Value] = {"elements": source.elements, "scale": given.scale}
    output = TensorArgument("output", operator.outputs[0], CType.FLOAT)
    if source.type is ElementType.INT16:
        argument = TensorArgument("input", operator.inputs[0], CType.INT16)
        return kernel("dequantize_int16", parameters, argument, output)
    parameters["zero_point"] = given.zero_point
    return kernel("dequantize", parameters, TensorArgument("input", operator.inputs[0]), output)


DEFINITION = OperatorDefinition(
    options_type=38,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(from_integer,),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
)
