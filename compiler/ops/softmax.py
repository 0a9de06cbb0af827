"""SOFTMAX."""

import math
from dataclasses import replace

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import SoftmaxOptions
from ..quantization import Multiplier, quantize_multiplier
from . import conditions, overlap
from .call import Call, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call

INTEGER_BITS = 5
"""Bits before the binary point of a scaled difference, the argument of exp."""

DEPTH_MAX = 4095
"""As many ones as the kernel's sum can hold, which has 12 bits before the binary point."""


def read_options(table: Table) -> SoftmaxOptions:
    """Read the schema's SoftmaxOptions."""
    return SoftmaxOptions(beta=table.real(0))


def has_depth(graph: Graph, operator: Operator) -> bool:
    """The input must have one to four dimensions."""
    return 1 <= len(graph.input(operator, 0).shape) <= 4


def few_classes(graph: Graph, operator: Operator) -> bool:
    """The last dimension must be at most 4095."""
    return graph.input(operator, 0).shape[-1] <= DEPTH_MAX


def probabilities(graph: Graph, operator: Operator) -> bool:
    """The output must have scale 1/256 and zero point -128, as the TFLite quantisation
    specification demands of this operator.
    """
    result = conditions.quantization(graph.output(operator))
    return result.scale == 1 / 256 and result.zero_point == -128


def moderate_scale(graph: Graph, operator: Operator) -> bool:
    """Beta times the input's scale must be above 2^-26 and below 16."""
    return _scaled_beta(graph, operator) > 1 and _multiplier(graph, operator).shift <= 30


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    source = graph.input(operator, 0)
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


def _scaled_beta(graph: Graph, operator: Operator) -> float:
    """Return beta times the input's scale, as a multiplier to a difference in Q5.26."""
    if not isinstance(operator.options, SoftmaxOptions):
        raise TypeError(f"{operator} is no softmax")
    scale = conditions.quantization(graph.input(operator, 0)).scale
    return operator.options.beta * scale * (1 << (31 - INTEGER_BITS))


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    """PreprocessSoftmaxScaling."""
    return quantize_multiplier(min(_scaled_beta(graph, operator), 2.0**31 - 1))


DEFINITION = OperatorDefinition(
    options_type=9,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.same_shape,),
    limits=(
        conditions.int8_input_and_output,
        has_depth,
        few_classes,
        probabilities,
        moderate_scale,
    ),
    macs=no_macs,
    lower=one_call(call, overlap.in_place),
)
