"""Moves of tensors inside the arena, where they let it be smaller.

Outputs that lie over their inputs drift towards the arena's begin, by the distance of
each overlap. One move back to the end, of a tensor that is small beside the work around
it, saves the sum of those distances.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from .forms import choose
from .graph import Operator, OperatorCode
from .ops.call import Argument, Overlap, TensorArgument
from .options import NoOptions
from .plan import Plan, plan
from .program import Program, Step

_TRIALS: Final = 300
"""Orders that a plan tries: there are many plans to make."""

_MOVES_MAX: Final = 64
"""Candidates that are tried; the published models have at most 30."""

_WORK: Final = 4_000_000
"""Pairs of tensors that candidates may be tried with: in very large graphs they are fewer."""


def relocated(program: Program) -> Program:
    """Return `program` with as few moves as give the smallest arena that moves can give."""
    candidates = [
        number
        for number, step in enumerate(program.steps)
        if any(overlap.distance > 0 for overlap in step.lowered.overlaps)
    ][: min(_MOVES_MAX, 1 + _WORK // (1 + len(program.graph.tensors)) ** 2)]
    least = _plan(program).arena_size
    chosen = frozenset(candidates)
    smallest = _plan(_with_moves(program, chosen)).arena_size
    if smallest >= least:
        return program
    # Many at a time first: most of them are for nothing.
    size = len(candidates)
    while size:
        for at in range(0, len(candidates), size):
            fewer = chosen - set(candidates[at : at + size])
            if fewer == chosen:
                continue
            if _plan(_with_moves(program, fewer), enough=smallest).arena_size <= smallest:
                chosen = fewer
        size //= 2
    return _with_moves(program, chosen)


def _plan(program: Program, enough: int = 0) -> Plan:
    return plan(program.graph, program.scratch, program.overlaps, enough, _TRIALS)


def _with_moves(program: Program, before: AbstractSet[int]) -> Program:
    """Return `program` with a move of the overlapped input before each step of `before`."""
    tensors = list(program.graph.tensors)
    steps: list[Step] = []
    index = 1 + max((step.operator.index for step in program.steps), default=0)
    for number, step in enumerate(program.steps):
        if number in before:
            source = step.lowered.overlaps[0].input
            tensors.append(replace(tensors[source], alias_of=None))
            moved = len(tensors) - 1
            move = Operator(index, OperatorCode.MOVE, (source,), (moved,), NoOptions())
            graph = replace(program.graph, tensors=tuple(tensors))
            steps.append(Step(move, *choose(graph, move, program.machine)))
            steps.append(_reading(step, source, moved))
            index += 1
        else:
            steps.append(step)
    operators = tuple(step.operator for step in steps)
    graph = replace(program.graph, tensors=tuple(tensors), operators=operators)
    return replace(program, graph=graph, steps=tuple(steps))


def _reading(step: Step, source: int, moved: int) -> Step:
    """Return `step` reading `moved` instead of `source`."""

    def argument(given: Argument) -> Argument:
        if isinstance(given, TensorArgument) and given.tensor == source:
            return replace(given, tensor=moved)
        return given

    def overlap(given: Overlap) -> Overlap:
        return replace(given, input=moved) if given.input == source else given

    inputs = tuple(moved if number == source else number for number in step.operator.inputs)
    lowered = replace(
        step.lowered,
        calls=tuple(
            replace(call, arguments=tuple(map(argument, call.arguments)))
            for call in step.lowered.calls
        ),
        overlaps=tuple(map(overlap, step.lowered.overlaps)),
    )
    return replace(step, operator=replace(step.operator, inputs=inputs), lowered=lowered)
