"""What each pass took out of a graph: the ledger of a report."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from .graph import Graph, Operator
from .ops import OPERATORS
from .packing import lower_bound
from .plan import lives


@dataclass(frozen=True, slots=True)
class Figures:
    """What a graph costs: operators, multiply-accumulates, bytes of constants, and of activations.

    `activations` is the largest sum of tensors alive at one step.
    """

    operators: int
    macs: int
    constants: int
    activations: int

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return the figures of a graph; a constant that nothing reads does not count."""
        read = {n for operator in graph.operators for n in operator.inputs if n is not None}
        return cls(
            operators=len(graph.operators),
            macs=sum(OPERATORS[one.code].macs(graph, one) for one in graph.operators),
            constants=sum(graph.tensors[n].size for n in read if graph.tensors[n].constant),
            activations=lower_bound(lives(graph)),
        )

    def less(self, other: Self) -> "Figures":
        """Return what `other` has less."""
        return Figures(
            self.operators - other.operators,
            self.macs - other.macs,
            self.constants - other.constants,
            self.activations - other.activations,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A pass that changed something: what it saved, and where.

    `removed` are the operators that are gone, `changed` those whose shapes are others, each
    as `index NAME`.
    """

    made_by: str
    saved: Figures
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @classmethod
    def of(cls, made_by: str, before: Graph, after: Graph) -> Self:
        """Return the entry of a pass that made `after` of `before`."""
        return cls(
            made_by,
            Figures.of(before).less(Figures.of(after)),
            tuple(_removed(before, after)),
            tuple(_changed(before, after)),
        )


def _removed(before: Graph, after: Graph) -> Iterator[str]:
    left = {operator.index for operator in after.operators}
    return (_named(one) for one in before.operators if one.index not in left)


def _changed(before: Graph, after: Graph) -> Iterator[str]:
    known = {operator.index: operator for operator in before.operators}
    for operator in after.operators:
        was = known.get(operator.index)
        if was is None or _shapes(before, was) != _shapes(after, operator):
            yield _named(operator)


def _named(operator: Operator) -> str:
    return f"{operator.index} {operator.name}"


def _shapes(graph: Graph, operator: Operator) -> list[tuple[int, ...] | None]:
    numbers = (*operator.inputs, *operator.outputs)
    return [None if number is None else graph.tensors[number].shape for number in numbers]
