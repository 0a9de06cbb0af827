"""Which of several ways to build a model are worth considering."""

from collections.abc import Sequence
from dataclasses import dataclass

from .evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Point:
    """An evaluation, and whether another one is at least as good in everything and better in one.

    What counts is flash, RAM and instructions; on the host, flash and RAM.
    """

    evaluation: Evaluation
    dominated_by: Evaluation | None

    @property
    def optimal(self) -> bool:
        """Whether nothing else is better without being worse elsewhere."""
        return self.dominated_by is None


def pareto(evaluations: Sequence[Evaluation]) -> tuple[Point, ...]:
    """Return a point for each evaluation that was built, the fastest first, then the smallest."""
    built = [one for one in evaluations if one.error is None]
    points = [
        Point(one, next((other for other in built if _dominates(other, one)), None))
        for one in built
    ]
    return tuple(sorted(points, key=lambda point: _costs(point.evaluation)))


def _dominates(one: Evaluation, other: Evaluation) -> bool:
    costs = list(zip(_costs(one), _costs(other), strict=True))
    return all(mine <= theirs for mine, theirs in costs) and any(
        mine < theirs for mine, theirs in costs
    )


def _costs(evaluation: Evaluation) -> tuple[int, int, int]:
    return evaluation.instructions or 0, evaluation.flash, evaluation.ram
