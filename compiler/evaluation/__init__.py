"""Models on targets, compared: with each other, and with what others have published."""

from .evaluation import Evaluation, OperatorCost, evaluate
from .pareto import Point, pareto
from .published import Engine, Published, engines, published

__all__ = [
    "Engine",
    "Evaluation",
    "OperatorCost",
    "Point",
    "Published",
    "engines",
    "evaluate",
    "pareto",
    "published",
]
