"""QUANTIZE, from float32 and between int8 and int16."""

from dataclasses import replace

from ..fixed_point import INT8_VALUES, Integers, requantize
from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator, Tensor
from ..options import NoOptions
from ..quantization import INT8_MAX, INT8_MIN, Multiplier, quantize_multiplier
from . import conditions, overlap
from .call import Call, CType, TensorArgument, Value, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def to_integer(graph: Graph, operator: Operator) -> bool:
    """The input must be float32, int8 or int16, not constant, and the output int8 or int16, each
    quantised with one scale and one zero point: from -128 to 127 for int8, 0 for int16.
    """
    source = graph.input(operator, 0)
    return (
        not source.constant
        and _is_activation(graph.output(operator))
        and (source.type is ElementType.FLOAT32 or _is_activation(source))
    )


def moderate_scales(graph: Graph, operator: Operator) -> bool:
    """The output's scale must not be smaller than the input's by 2^22 or more, if that is int16 by
    2^16 or more.
    """
    source = graph.input(operator, 0)
    most = 16 if source.type is ElementType.INT16 else 22
    return source.type is ElementType.FLOAT32 or _multiplier(graph, operator).shift <= most


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the types of input and output."""
    source, target = graph.input(operator, 0), graph.output(operator)
    result = conditions.quantization(target)
    output = TensorArgument("output", operator.outputs[0], _TYPES[target.type])
    argument = TensorArgument("input", operator.inputs[0], _TYPES[source.type])
    parameters: dict[str, Value]
    if source.type is ElementType.FLOAT32:
        parameters = {"elements": source.elements, "scale": result.scale}
        if target.type is ElementType.INT16:
            return kernel("quantize_int16", parameters, argument, output)
        return kernel("quantize", {**parameters, "zero_point": result.zero_point}, argument, output)
    multiplier = _multiplier(graph, operator)
    parameters = {
        "elements": source.elements,
        "input_offset": -conditions.quantization(source).zero_point,
        "output_offset": result.zero_point,
        "multiplier": multiplier.value,
        "shift": multiplier.shift,
    }
    if source.type is target.type is ElementType.INT8:
        return kernel("requantize_int8", parameters, argument, output)
    requantize_int16 = kernel("requantize_int16", parameters, argument, output)
    if source.type is target.type:
        return requantize_int16
    function = f"tml_requantize_{source.type.name}_to_{target.type.name}".lower()
    return replace(requantize_int16, function=function)


def table(graph: Graph, operator: Operator) -> Integers:
    """Return the reference's output for each int8 of the input, from -128 on."""
    source = conditions.quantization(graph.input(operator, 0))
    result = conditions.quantization(graph.output(operator))
    scaled = requantize(INT8_VALUES - source.zero_point, _multiplier(graph, operator))
    return (scaled + result.zero_point).clip(INT8_MIN, INT8_MAX)


def slope(graph: Graph, operator: Operator) -> float:
    """Return the steps of the output per step of the input, but for rounding."""
    return _multiplier(graph, operator).real


_TYPES = {
    ElementType.FLOAT32: CType.FLOAT,
    ElementType.INT8: CType.INT8,
    ElementType.INT16: CType.INT16,
}


def _is_activation(tensor: Tensor) -> bool:
    return conditions.is_int8_activation(tensor) or conditions.is_int16_activation(tensor)


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    source = conditions.quantization(graph.input(operator, 0))
    return quantize_multiplier(source.scale / conditions.quantization(graph.output(operator)).scale)


DEFINITION = OperatorDefinition(
    options_type=89,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(to_integer, moderate_scales),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
)
