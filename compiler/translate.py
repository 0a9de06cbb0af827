"""From a graph to C: lowered for a machine, planned, emitted; pure."""

from .emit import Emitted, emit
from .graph import Graph
from .line_buffer import line_buffered
from .machine import Machine
from .packing import lower_bound
from .plan import lives, plan
from .profile import Objective
from .program import lower
from .relocate import relocated


def translate(graph: Graph, machine: Machine) -> Emitted:
    """Return the C that computes `graph` on `machine`; the same for the same, always."""
    program = lower(graph, machine)
    found = plan(program.graph, program.scratch, program.overlaps)
    # Scratch memory must not cost more than overlaps save, whatever the objective.
    if machine.objective is Objective.RAM or found.arena_size > lower_bound(lives(graph)):
        program = relocated(line_buffered(program))
        found = plan(program.graph, program.scratch, program.overlaps)
    return emit(program, found)
