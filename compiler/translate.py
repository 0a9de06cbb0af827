"""From a graph to C: lowered for a machine, planned, emitted; pure."""

from .emit import Emitted, emit
from .graph import Graph
from .machine import Machine
from .plan import plan
from .profile import Objective
from .program import lower
from .relocate import relocated


def translate(graph: Graph, machine: Machine) -> Emitted:
    """Return the C that computes `graph` on `machine`; the same for the same, always."""
    program = lower(graph, machine)
    if machine.objective is Objective.RAM:
        program = relocated(program)
    return emit(program, plan(program.graph, program.scratch, program.overlaps))
