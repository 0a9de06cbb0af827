"""What operators share that are functions of one int8: a table of their 256 outputs serves any."""

from collections.abc import Callable

from ..fixed_point import Integers
from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import NoOptions, Options
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


def definition(
    outputs: Outputs,
    *limits: Condition,
    float_call: Callable[[Graph, Operator], Call],
    options_type: int = 0,
    read_options: Callable[[Table], Options] = no_options,
) -> OperatorDefinition:
    """Return the definition of an operator that is a function of one int8, or of one float32.

    `limits` are asked of int8 alone.
    """
    return OperatorDefinition(
        options_type=options_type,
        read_options=read_options,
        inputs=range(1, 2),
        rules=(conditions.same_shape,),
        limits=(conditions.int8_or_float, *map(conditions.unless_float, limits)),
        macs=no_macs,
        lower=one_call(
            lambda graph, operator: (
                float_call(graph, operator)
                if conditions.is_float(graph, operator)
                else call(graph, operator, outputs(graph, operator))
            ),
            overlap.in_place,
        ),
    )
