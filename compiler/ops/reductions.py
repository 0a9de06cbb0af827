"""What MEAN and REDUCE_MAX share: the dimensions that go, and the loops over them."""

from math import prod
from typing import Final

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import ReducerOptions
from .call import Value
from .conditions import constant_int32
from .strided import row_major

RANK: Final = 3
"""Most loops of either kind; TML_REDUCTION_RANK of the kernels."""

Loops = list[tuple[int, int]]
"""Extent and step in elements, the outermost first."""


def read_options(table: Table) -> ReducerOptions:
    """Read the schema's ReducerOptions."""
    return ReducerOptions(bool(table.integer(0, "?")))


def constant_axes(graph: Graph, operator: Operator) -> bool:
    """The dimensions must be constant int32, at least one, and dimensions that the input has."""
    axes = constant_int32(graph.input(operator, 1))
    rank = len(graph.input(operator, 0).shape)
    return bool(axes) and all(-rank <= axis < rank for axis in axes or ())


def reduced_shape(graph: Graph, operator: Operator) -> bool:
    """The output must have the input's shape without the dimensions named, or with 1 in their place
    if they are kept.
    """
    source, gone = graph.input(operator, 0).shape, _axes(graph, operator)
    options = operator.options
    if not isinstance(options, ReducerOptions):
        raise TypeError(f"{operator} reduces nothing")
    kept = options.keep_dims
    expected = tuple(
        1 if axis in gone else extent
        for axis, extent in enumerate(source)
        if kept or axis not in gone
    )
    return graph.output(operator).shape == expected


def few_loops(graph: Graph, operator: Operator) -> bool:
    """The dimensions that stay must be at most three groups of neighbours, and so those that go."""
    return all(len(loops) <= RANK for loops in _loops(graph, operator))


def count(graph: Graph, operator: Operator) -> int:
    """Return how many elements of the input are behind each of the output."""
    shape = graph.input(operator, 0).shape
    return prod(shape[axis] for axis in _axes(graph, operator))


def members(graph: Graph, operator: Operator) -> dict[str, Value]:
    """Return the members of `struct tml_reduction`."""
    kept, reduced = _loops(graph, operator)
    return {"kept": _members(kept), "reduced": _members(reduced)}


def _members(loops: Loops) -> dict[str, Value]:
    padded = [(1, 0)] * (RANK - len(loops)) + loops
    return {
        "extent": tuple(extent for extent, _ in padded),
        "step": tuple(step for _, step in padded),
    }


def _loops(graph: Graph, operator: Operator) -> tuple[Loops, Loops]:
    """Return the loops over what is kept and over what is reduced, neighbours as one."""
    shape, gone = graph.input(operator, 0).shape, _axes(graph, operator)
    kept: Loops = []
    reduced: Loops = []
    for axis, (extent, step) in enumerate(zip(shape, row_major(shape), strict=True)):
        loops = reduced if axis in gone else kept
        if extent == 1:
            continue
        if loops and loops[-1][1] == extent * step:
            loops[-1] = (loops[-1][0] * extent, step)
        else:
            loops.append((extent, step))
    return kept, reduced


def _axes(graph: Graph, operator: Operator) -> frozenset[int]:
    rank = len(graph.input(operator, 0).shape)
    return frozenset(axis % rank for axis in constant_int32(graph.input(operator, 1)) or ())
