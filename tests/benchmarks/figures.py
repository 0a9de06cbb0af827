"""Figures with the goal beside them, as lines of text and as JSON."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `item` and `goal` are those of "How it is measured"."""

    item: int
    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        goal = f"goal: {self.goal}" if self.goal else ""
        more = ", ".join(f"{key} {_short(value)}" for key, value in self.more.items())
        return "  ".join(
            (
                f"({self.item})",
                f"{self.what:<58}",
                f"{_short(self.value):>9} {self.unit:<12}",
                f"{goal:<34}",
                f"{verdict:<6}",
                more,
            )
        ).rstrip()


Say = Callable[[Figure], None]
"""Takes each figure as soon as it is known."""


def at_most(item: int, what: str, value: float, unit: str, limit: float, **more: Any) -> Figure:
    """Return a figure that should not be above `limit`."""
    return Figure(item, what, value, unit, f"<= {_short(limit)} {unit}", value <= limit, more)


def at_least(item: int, what: str, value: float, unit: str, limit: float, **more: Any) -> Figure:
    """Return a figure that should not be below `limit`."""
    return Figure(item, what, value, unit, f">= {_short(limit)} {unit}", value >= limit, more)


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def as_json(figures: Sequence[Figure]) -> str:
    """Return the figures for machines."""
    return json.dumps([asdict(figure) for figure in figures], indent=1)


def _short(value: Any) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
