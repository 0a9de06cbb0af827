"""MAX_POOL_2D, four channels at a time."""

from dataclasses import replace

from ...graph import Graph, Operator, OperatorCode
from ...machine import Machine
from ...ops import OPERATORS
from ...ops.call import Lowered
from ..form import Form
from .clamp import clamp

_NAME = "max_pool_2d_dsp"

_CHANNELS_MIN = 4
"""The kernel loads four at a time."""


def serves(graph: Graph, operator: Operator, machine: Machine) -> bool:
    """Whether there are four channels."""
    return machine.has("dsp") and graph.input(operator, 0).shape[3] >= _CHANNELS_MIN


def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
    """Return the plain kernel's call, of this kernel."""
    plain = OPERATORS[OperatorCode.MAX_POOL_2D].lower(graph, operator, machine)
    (call,) = plain.calls
    mine = replace(call, function=f"tml_{_NAME}", headers=(f"{_NAME}.h",), sources=(f"{_NAME}.c",))
    return clamp(graph, operator, replace(plain, calls=(mine,)))


MAX_POOL_2D = Form(_NAME, serves, lower)
