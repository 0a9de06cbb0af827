"""What operators share that are functions of one int8: a table of their 256 outputs serves any."""

from collections.abc import Callable

from ..fixed_point import Integers
from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import NoOptions, Options
from ..quantization import Multiplier
from . import conditions, overlap
from .call import ArrayArgument, Call, CType, TensorArgument, kernel
from .definition import Condition, OperatorDefinition, no_macs, one_call

Outputs = Callable[[Graph, Operator], Integers]
"""The output for each int8, from -128 on."""


def no_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def call(graph: Graph, operator: Operator, outputs: Integers, position: int = 0) -> Call:
    """Return the kernel's call; `position` is that of the input that is looked up."""
    return kernel(
        "lookup",
        {"elements": graph.output(operator).elements},
        TensorArgument("input", operator.inputs[position]),
        ArrayArgument.of("table", outputs, CType.INT8),
        TensorArgument("output", operator.outputs[0]),
    )


def rectify_int16(
    multiplier: Multiplier, ends: tuple[int, int], graph: Graph, operator: Operator
) -> Call:
    """Return the call of the kernel that scales an int16 and clamps it."""
    low, high = ends
    return kernel(
        "rectify_int16",
        {
            "elements": graph.output(operator).elements,
            "multiplier": multiplier.value,
            "shift": multiplier.shift,
            "activation_min": low,
            "activation_max": high,
        },
        TensorArgument("input", operator.inputs[0], CType.INT16),
        TensorArgument("output", operator.outputs[0], CType.INT16),
    )


def definition(
    outputs: Outputs,
    *limits: Condition,
    float_call: Callable[[Graph, Operator], Call],
    int16_call: Callable[[Graph, Operator], Call] | None = None,
    options_type: int = 0,
    read_options: Callable[[Table], Options] = no_options,
) -> OperatorDefinition:
    """Return the definition of an operator that is a function of one int8, or of one float32, and
    of one int16 where there is a call for that.

    `limits` are asked of integers alone.
    """
    types = conditions.int8_int16_or_float if int16_call else conditions.int8_or_float

    def call_of(graph: Graph, operator: Operator) -> Call:
        if conditions.is_float(graph, operator):
            return float_call(graph, operator)
        if int16_call and conditions.is_int16(graph, operator):
            return int16_call(graph, operator)
        return call(graph, operator, outputs(graph, operator))

    return OperatorDefinition(
        options_type=options_type,
        read_options=read_options,
        inputs=range(1, 2),
        rules=(conditions.same_shape,),
        limits=(types, *map(conditions.unless_float, limits)),
        macs=no_macs,
        lower=one_call(call_of, overlap.in_place),
    )
