"""model.c and model.h of a planned graph."""

from ..graph import Graph
from ..plan import Plan
from ..profile import CompileProfile
from .emitted import Emitted


def emit(graph: Graph, plan: Plan, profile: CompileProfile) -> Emitted:
    """Return the C of a graph whose tensors lie as `plan` says; deterministic."""
    raise NotImplementedError
