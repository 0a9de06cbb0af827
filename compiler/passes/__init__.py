"""Rewrites of a graph, each small: Graph in, Graph out."""

from ..graph import Graph
from ..profile import Objective


def optimise(graph: Graph, objective: Objective = Objective.FLASH) -> Graph:
    """Return a graph that computes the same outputs, bit for bit, with less."""
    raise NotImplementedError
