"""A graph with the kernel calls that compute it on one machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from .forms import choose
from .graph import Graph, Operator
from .machine import Machine
from .ops.call import Argument, ArrayArgument, CType, Lowered, Overlap, TensorArgument

Key = tuple[int, CType] | tuple[CType, bytes] | None
"""A constant tensor by number and type of its elements in C, or an array of operators' own by its
elements.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """An operator, the form chosen for it, and how that computes it."""

    operator: Operator
    form: str
    lowered: Lowered

    @property
    def prefix(self) -> str:
        """What the symbols of this operator's constants start with."""
        return f"tml_op{self.operator.index}_"

    @property
    def function(self) -> str:
        """The symbol of the C function that computes this operator."""
        return f"{self.prefix}run"

    def parameters(self, call: int) -> str:
        """Return the symbol of the parameters of one of the calls."""
        return f"{self.prefix}parameters" + (f"_{call}" if call else "")

    def key(self, argument: Argument) -> Key:
        """Return under which key an argument's array is, if it may be a constant."""
        match argument:
            case TensorArgument(tensor=int(tensor), type=type_):
                return tensor, type_
            case ArrayArgument(type=type_, data=data):
                return type_, data
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Program:
    """The steps of a graph on a machine, one for each of its operators, in their order."""

    graph: Graph
    machine: Machine
    steps: tuple[Step, ...]

    @property
    def scratch(self) -> Mapping[int, int]:
        """Bytes of scratch memory by step, of the steps that use any."""
        sizes = {number: step.lowered.scratch for number, step in enumerate(self.steps)}
        return {number: size for number, size in sizes.items() if size}

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Every way in which an output may lie over an input."""
        return tuple(overlap for step in self.steps for overlap in step.lowered.overlaps)


def lower(graph: Graph, machine: Machine) -> Program:
    """Return the program that computes `graph` on `machine`; the same for the same, always."""
    return Program(
        graph,
        machine,
        tuple(Step(operator, *choose(graph, operator, machine)) for operator in graph.operators),
    )
