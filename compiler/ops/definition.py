"""What the compiler knows of an operator, as one value; each `ops` module makes one."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import CompileError, InvalidModel, UnsupportedModel
from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..machine import Machine
from ..options import NoOptions, Options
from .call import Call, Lowered, Overlap

Condition = Callable[[Graph, Operator], bool]
"""Whether an operator keeps to something; the docstring is the sentence that the user reads."""


@dataclass(frozen=True, slots=True)
class OperatorDefinition:
    """How an operator is read, checked, counted and computed.

    `options_type` is the number of its options in the schema's BuiltinOptions and
    `read_options` makes them from that table. `inputs` is the range of how many
    inputs it takes, `outputs` of how many it gives. `rules` are what any valid
    model keeps (else InvalidModel), `limits` what this compiler asks beyond
    (else UnsupportedModel); both are asked in order, all rules first, so that a
    later one may rely on the former. `macs` counts multiply-accumulates, `lower` says how
    its plain kernel computes it, on any machine. `optional` are inputs that may be absent
    though later ones are not, `variables` those that may be kept from run to run. Where
    `defined` hold, the reference has an output for every input; else it may abort.
    """

    options_type: int
    read_options: Callable[[Table], Options]
    inputs: range
    rules: tuple[Condition, ...]
    limits: tuple[Condition, ...]
    macs: Callable[[Graph, Operator], int]
    lower: Callable[[Graph, Operator, Machine], Lowered]
    outputs: range = range(1, 2)
    optional: frozenset[int] = frozenset()
    variables: frozenset[int] = frozenset()
    defined: tuple[Condition, ...] = ()

    def check(self, graph: Graph, operator: Operator) -> None:
        """Raise InvalidModel or UnsupportedModel, naming operator, tensors and the sentence."""
        if len(operator.inputs) not in self.inputs or len(operator.outputs) not in self.outputs:
            raise InvalidModel(
                f"{operator} has {len(operator.inputs)} inputs and {len(operator.outputs)}"
                f" outputs; it takes {_several(self.inputs)} and gives {_several(self.outputs)}"
            )
        for position in range(self.inputs[0]):
            if operator.inputs[position] is None and position not in self.optional:
                raise InvalidModel(f"{operator} lacks its input {position}")
        self._ask(self.rules, InvalidModel, graph, operator)
        self._ask(self.limits, UnsupportedModel, graph, operator)

    @staticmethod
    def _ask(
        conditions: tuple[Condition, ...],
        error: type[CompileError],
        graph: Graph,
        operator: Operator,
    ) -> None:
        for condition in conditions:
            if not condition(graph, operator):
                raise error(f"{operator}: {sentence(condition)} It is {signature(graph, operator)}")


def no_overlaps(graph: Graph, operator: Operator) -> tuple[Overlap, ...]:
    """Return none: the output must lie apart from all inputs."""
    return ()


def one_call(
    call: Callable[[Graph, Operator], Call],
    overlaps: Callable[[Graph, Operator], tuple[Overlap, ...]] = no_overlaps,
) -> Callable[[Graph, Operator, Machine], Lowered]:
    """Return the lowering to a single call that is the same on every machine."""

    def lower(graph: Graph, operator: Operator, machine: Machine) -> Lowered:
        return Lowered((call(graph, operator),), overlaps=overlaps(graph, operator))

    return lower


def _several(numbers: range) -> str:
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])


def ends(numbers: range, what: str) -> str:
    """Return how many inputs or outputs there are, in words."""
    return f"{_several(numbers)} {what}{'' if numbers == range(1, 2) else 's'}"


def sentence(condition: Condition) -> str:
    """Return a condition's docstring on one line."""
    return " ".join((condition.__doc__ or "").split())


def signature(graph: Graph, operator: Operator) -> str:
    """Return an operator's tensors by name and type, as messages show them."""

    def show(number: int | None) -> str:
        if number is None:
            return "-"
        tensor = graph.tensors[number]
        return f"'{tensor.name}' {tensor}"

    sources = ", ".join(map(show, operator.inputs))
    return f"({sources}) -> {', '.join(map(show, operator.outputs))}."


def no_options(table: Table) -> NoOptions:
    """Return nothing: the tensors say everything."""
    return NoOptions()


def no_macs(graph: Graph, operator: Operator) -> int:
    """Count 0: the operator multiplies nothing together and sums it up."""
    return 0
