"""What a model is, in a few figures: what a server may know of it without parsing it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from .graph import Graph
from .ops import OPERATORS


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """Type and shape of inputs and outputs, operators by name, work and weight.

    `macs` are multiply-accumulates of one inference, `constants` bytes of all
    constant tensors.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: Mapping[str, int]
    macs: int
    constants: int

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return the summary of a graph as it was read."""
        return cls(
            inputs=tuple(str(graph.tensors[number]) for number in graph.inputs),
            outputs=tuple(str(graph.tensors[number]) for number in graph.outputs),
            operators=dict(Counter(operator.name for operator in graph.operators)),
            macs=sum(OPERATORS[one.code].macs(graph, one) for one in graph.operators),
            constants=sum(tensor.size for tensor in graph.tensors if tensor.constant),
        )

    def __str__(self) -> str:
        names = ", ".join(f"{count} {name}" for name, count in self.operators.items())
        return (
            f"{', '.join(self.inputs)} to {', '.join(self.outputs)}; {names};"
            f" {self.macs} MACs, {self.constants} B of constants"
        )
