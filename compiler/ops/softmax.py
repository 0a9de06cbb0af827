"""SOFTMAX."""

import math
from dataclasses import replace

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import SoftmaxOptions
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, overlap, softmax_int16
from .call import Call, CType, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call

INTEGER_BITS = 5
"""Bits before the binary point of a scaled difference, the argument of exp."""

DEPTH_MAX = 4095
"""As many ones as the kernel's sum can hold, which has 12 bits before the binary point."""


DEFINED_DEPTH_MAX = 511
"""As many ones as may be in the sum."""


def read_options(table: Table) -> SoftmaxOptions:
    """Read the schema's SoftmaxOptions."""
    return SoftmaxOptions(beta=table.real(0))


def has_depth(graph: Graph, operator: Operator) -> bool:
    """The input must have one to four dimensions."""
    return 1 <= len(graph.input(operator, 0).shape) <= 4


def few_classes(graph: Graph, operator: Operator) -> bool:
    """The last dimension must be at most 4095 unless the input is float32."""
    return conditions.is_float(graph, operator) or graph.input(operator, 0).shape[-1] <= DEPTH_MAX


def defined(graph: Graph, operator: Operator) -> bool:
    """The last dimension must be at most 511 if the input is int8, for the reference to have an
    output for every input: it shifts by more than 31 where the exponentials of a row sum to 512.
    """
    source = graph.input(operator, 0)
    return source.type is not ElementType.INT8 or source.shape[-1] <= DEFINED_DEPTH_MAX


def probabilities(graph: Graph, operator: Operator) -> bool:
    """The output must have scale 1/256 and zero point -128, or scale 1/32768 if it is int16, unless
    it is float32, as the TFLite quantisation specification demands of this operator.
    """
    if conditions.is_float(graph, operator):
        return True
    result = conditions.quantization(graph.output(operator))
    if conditions.is_int16(graph, operator):
        return result.scale == 1 / 32768
    return result.scale == 1 / 256 and result.zero_point == -128


def moderate_scale(graph: Graph, operator: Operator) -> bool:
    """Beta times the input's scale must be above 2^-26 and below 16, for int16 above 0 and below 5;
    beta must be finite.
    """
    if conditions.is_float(graph, operator):
        return math.isfinite(_beta(operator))
    if conditions.is_int16(graph, operator):
        return softmax_int16.moderate_scale(_beta(operator), graph, operator)
    return _scaled_beta(graph, operator) > 1 and _multiplier(graph, operator).shift <= 30


def call(graph: Graph, operator: Operator) -> Call:
    """Return the call of the kernel for the input's type."""
    source = graph.input(operator, 0)
    if conditions.is_float(graph, operator):
        return _float_call(graph, operator)
    if conditions.is_int16(graph, operator):
        return softmax_int16.call(_beta(operator), graph, operator)
    multiplier = _multiplier(graph, operator)
    # CalculateInputRadius: differences below it have an exp of 0, and would
    # leave 32 bits when shifted.
    radius = ((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << multiplier.shift)
    parameters = {
        "rows": source.elements // source.shape[-1],
        "depth": source.shape[-1],
        "multiplier": multiplier.value,
        "left_shift": multiplier.shift,
        "difference_min": -math.floor(radius),
    }
    input_, output = operator.inputs[0], operator.outputs[0]
    arguments = TensorArgument("input", input_), TensorArgument("output", output)
    softmax = kernel("softmax", parameters, *arguments)
    return replace(softmax, sources=(*softmax.sources, "fixed_point.c"))


def _float_call(graph: Graph, operator: Operator) -> Call:
    source = graph.input(operator, 0)
    parameters = {
        "rows": source.elements // source.shape[-1],
        "depth": source.shape[-1],
        "beta": _beta(operator),
    }
    softmax = kernel(
        "softmax_float",
        parameters,
        TensorArgument("input", operator.inputs[0], CType.FLOAT),
        TensorArgument("output", operator.outputs[0], CType.FLOAT),
    )
    return replace(softmax, sources=(*softmax.sources, "divide_float.c", "exp_float.c"))


def _beta(operator: Operator) -> float:
    if not isinstance(operator.options, SoftmaxOptions):
        raise TypeError(f"{operator} is no softmax")
    return operator.options.beta


def _scaled_beta(graph: Graph, operator: Operator) -> float:
    """Return beta times the input's scale, as a multiplier to a difference in Q5.26."""
    scale = conditions.quantization(graph.input(operator, 0)).scale
    return _beta(operator) * scale * (1 << (31 - INTEGER_BITS))


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    """PreprocessSoftmaxScaling."""
    return quantize_multiplier(min(_scaled_beta(graph, operator), 2.0**31 - 1))


DEFINITION = OperatorDefinition(
    options_type=9,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(
        conditions.int8_int16_or_float,
        has_depth,
        few_classes,
        probabilities,
        moderate_scale,
    ),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
    defined=(defined,),
)
