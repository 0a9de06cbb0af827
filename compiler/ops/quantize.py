"""QUANTIZE, from float32 and from int8."""

from ..fixed_point import INT8_VALUES, Integers, requantize
from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import NoOptions
from ..quantization import INT8_MAX, INT8_MIN, Multiplier, quantize_multiplier
from . import conditions, overlap
from .call import Call, CType, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def to_int8(graph: Graph, operator: Operator) -> bool:
    """The input must be float32 or int8, not constant, and the output int8, each int8 quantised
    with one scale and one zero point from -128 to 127.
    """
    source = graph.input(operator, 0)
    return (
        not source.constant
        and conditions.is_int8_activation(graph.output(operator))
        and (source.type is ElementType.FLOAT32 or conditions.is_int8_activation(source))
    )


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the input's by 2^22 or more."""
    source = graph.input(operator, 0)
    return source.type is ElementType.FLOAT32 or _multiplier(graph, operator).shift <= 22


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    source = graph.input(operator, 0)
    result = conditions.quantization(graph.output(operator))
    output = TensorArgument("output", operator.outputs[0])
    if source.type is ElementType.FLOAT32:
        parameters = {
            "elements": source.elements,
            "scale": result.scale,
            "zero_point": result.zero_point,
        }
        argument = TensorArgument("input", operator.inputs[0], CType.FLOAT)
        return kernel("quantize", parameters, argument, output)
    multiplier = _multiplier(graph, operator)
    parameters = {
        "elements": source.elements,
        "input_offset": -conditions.quantization(source).zero_point,
        "output_offset": result.zero_point,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }
    return kernel(
        "requantize_int8", parameters, TensorArgument("input", operator.inputs[0]), output
    )


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8 of the input, from -128 on."""
    source = conditions.quantization(graph.input(operator, 0))
    result = conditions.quantization(graph.output(operator))
    scaled = requantize(INT8_VALUES - source.zero_point, _multiplier(graph, operator))
    return (scaled + result.zero_point).clip(INT8_MIN, INT8_MAX)


def slope(graph: Graph, operator: Operator) -> float:
    """Return the steps of the output per step of the input, but for rounding."""
    return _multiplier(graph, operator).real


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    source = conditions.quantization(graph.input(operator, 0))
    return quantize_multiplier(source.scale / conditions.quantization(graph.output(operator)).scale)


DEFINITION = OperatorDefinition(
    options_type=89,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(to_int8, moderate_scales),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
)
