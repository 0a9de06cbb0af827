"""ADD and SUB of the family `proven` by vectors, which need not know where the output lies."""

from dataclasses import replace

from ...graph import Graph, Operator
from ...machine import Machine
from ...ops.call import Lowered
from ..form import Form
from ..proven import pairs


def _serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether sums are a line, and neither input is repeated."""
    return (
        machine.has("mve")
        and pairs.SUM.serves(graph, operator, machine)
        and pairs.SUM.lower(graph, operator, machine).calls[0].function == "tml_sum_proven"
    )


def _lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    lowered = pairs.SUM.lower(graph, operator, machine)
    calls = (
        replace(call, function="tml_sum_mve", headers=("sum_mve.h",), sources=("sum_mve.c",))
        for call in lowered.calls
    )
    return replace(lowered, calls=tuple(calls))


FORM = Form("sum_mve", _serves, _lower)
