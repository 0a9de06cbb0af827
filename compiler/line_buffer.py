"""Pairs of convolutions with a few rows between them, where that lets the arena be smaller.

What lies between an expanding layer and the one that reads it is often the largest of all
tensors; of it, only the rows under the second layer's window need to be kept.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .forms import choose
from .graph import Graph, Operator, OperatorCode
from .ops.layer_pair import can_pair
from .options import PairOptions
from .passes.uses import sole_reader
from .plan import bound, peak
from .program import Program, Step

_PAIRS_MAX: Final = 32
"""Pairs that are made at most, each after the best one before it."""


def line_buffered(program: Program) -> Program:
    """Return `program` with those pairs of layers that bring down what no plan can be below.

    The pairs are slower, as their kernels are the plain ones.
    """
    least = _bound(program)
    for _ in range(_PAIRS_MAX):
        found = [(_bound(pair), pair) for pair in _pairs_at_peak(program)]
        smallest, best = min(found, key=lambda one: one[0], default=(least, program))
        if smallest >= least:
            break
        least, program = smallest, best
    return program


def _bound(program: Program) -> int:
    return bound(program.graph, program.scratch, program.overlaps)


def _pairs_at_peak(program: Program) -> list[Program]:
    """Return the program with each pair that can bring the bound down.

    What a pair saves, it saves at its own steps: elsewhere nothing changes.
    """
    step = peak(program.graph, program.scratch, program.overlaps)
    return [] if step is None else pairs(program, range(step - 1, step + 1))


def pairs(program: Program, places: Iterable[int] | None = None) -> list[Program]:
    """Return the program with each pair of neighbours that can be one, or of some `places`."""
    last, found = len(program.steps) - 1, []
    for at in range(last) if places is None else places:
        if not 0 <= at < last:
            continue
        first, second = program.steps[at], program.steps[at + 1]
        operators = first.operator, second.operator
        alone = sole_reader(program.graph, first.operator.outputs[0])
        if alone == second.operator and can_pair(program.graph, *operators):
            found.append(_with_pair(program, at, *operators))
    return found


def _with_pair(program: Program, at: int, first: Operator, second: Operator) -> Program:
    pair = Operator(
        first.index,
        OperatorCode.LAYER_PAIR,
        (*first.inputs, *second.inputs[1:]),
        second.outputs,
        PairOptions(first, second),
    )
    graph = _without(program.graph, at, pair)
    step = Step(pair, *choose(graph, pair, program.machine))
    return replace(
        program, graph=graph, steps=(*program.steps[:at], step, *program.steps[at + 2 :])
    )


def _without(graph: Graph, at: int, pair: Operator) -> Graph:
    operators = (*graph.operators[:at], pair, *graph.operators[at + 2 :])
    return replace(graph, operators=operators)
