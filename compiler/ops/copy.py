"""COPY, made by passes, in no file: each output is the bytes of the input in its place."""

from ..graph import Graph, Operator
from ..machine import Machine
from .call import Lowered, TensorArgument, copy
from .definition import OperatorDefinition, no_macs, no_options


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the copies."""
    ends = enumerate(zip(operator.inputs, operator.outputs, strict=True))
    return Lowered(
        tuple(
            copy(
                TensorArgument(f"input_{number}", source),
                TensorArgument(f"output_{number}", result),
                graph.tensors[result].size,
            )
            for number, (source, result) in ends
        )
    )


DEFINITION = OperatorDefinition(
    options_type=-1,
    read_options=no_options,
    inputs=range(1, 1025),
    outputs=range(1, 1025),
    rules=(),
    limits=(),
    macs=no_macs,
    lower=lower,
)
