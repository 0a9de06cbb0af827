"""MOVE: a tensor to another place in the arena; made by `relocate`, in no file."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..machine import Machine
from ..options import NoOptions
from .call import Call, Lowered, Overlap, SizeArgument, TensorArgument
from .definition import OperatorDefinition, no_macs

ANYWHERE = -(1 << 40)
"""The distance of an overlap that leaves both tensors free: memmove heeds them."""

_NO_OPTIONS = -1


def read_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the call of memmove, which any overlap suits."""
    (source,), (result,) = operator.inputs, operator.outputs
    if source is None:
        raise IndexError(f"{operator} has no input")
    move = Call(
        "memmove",
        (
            TensorArgument("output", result),
            TensorArgument("input", source),
            SizeArgument(graph.tensors[source].size),
        ),
        headers=("<string.h>",),
    )
    return Lowered((move,), overlaps=(Overlap(source, result, ANYWHERE),))


DEFINITION = OperatorDefinition(
    options_type=_NO_OPTIONS,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(),
    limits=(),
    macs=no_macs,
    lower=lower,
)
