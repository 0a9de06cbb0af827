"""What MINIMUM and MAXIMUM share, which is all but the kernel's name."""

from functools import partial

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import NoOptions
from . import conditions, elementwise
from .call import Call, CType
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def one_quantization(graph: Graph, operator: Operator) -> bool:
    """Both inputs and the output must have the same scale and zero point unless they are float32,
    as the TFLite quantisation specification demands of this operator.
    """
    if conditions.is_float(graph, operator):
        return True
    tensors = graph.input(operator, 0), graph.input(operator, 1), graph.output(operator)
    given = [conditions.quantization(tensor) for tensor in tensors]
    return len({(one.scale, one.zero_point) for one in given}) == 1


def definition(name: str) -> OperatorDefinition:
    """Return the definition of the operator that the kernel `name` computes."""
    return OperatorDefinition(
        options_type=39,
        read_options=read_options,
        inputs=range(2, 3),
        rules=(),
        limits=(
            elementwise.int8_or_float_operands,
            elementwise.shapes_match,
            elementwise.few_dimensions,
            one_quantization,
        ),
        macs=no_macs,
        lower=one_call(partial(_call, name), elementwise.overlaps),
    )


def _call(name: str, graph: Graph, operator: Operator) -> Call:
    if conditions.is_float(graph, operator):
        name, type_ = f"{name}_float", CType.FLOAT
    else:
        type_ = CType.INT8
    return elementwise.call(name, {}, graph, operator, type_=type_, file="extremes")
