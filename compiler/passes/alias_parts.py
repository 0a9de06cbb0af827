"""Parts that lie in their whole need neither copies nor memory.

SPLIT, SPLIT_V and UNPACK along the outermost dimension: each output is a piece of the input.
CONCATENATION and PACK: whatever computes an input writes it where it belongs in the output. What
cannot be written there, since it lies elsewhere already, is copied by what remains of the
operator, a COPY.

A piece keeps all of its whole alive. So it is done one operator at a time, and only where the
arena cannot become larger for it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ..graph import Graph, Operator, OperatorCode, Tensor
from ..ops.parts import Part, Parts, is_partition, parts_of
from ..options import NoOptions
from ..plan import lives

ALIGNMENT: Final = 4
"""What offsets are multiples of, so that kernels may read words and numbers of four bytes."""


def alias_split(graph: Graph) -> Graph:
    """Return `graph` with the outputs of what cuts tensors as pieces of them."""
    return _one_by_one(graph, _split)


def alias_concatenation(graph: Graph) -> Graph:
    """Return `graph` with the inputs of what joins tensors as pieces of the output."""
    return _one_by_one(graph, _concatenation)


def _one_by_one(graph: Graph, rewrite: Callable[[Graph, Operator], Graph | None]) -> Graph:
    least = _peak(graph)
    for operator in graph.operators:
        if not is_partition(operator):
            continue
        trial = rewrite(graph, operator)
        if trial is not None and (peak := _peak(trial)) <= least:
            graph, least = trial, peak
    return graph


def _peak(graph: Graph) -> int:
    """Return the largest sum of sizes alive at one step."""
    change: dict[int, int] = {}
    for life in lives(graph):
        change[life.first] = change.get(life.first, 0) + life.size
        change[life.last + 1] = change.get(life.last + 1, 0) - life.size
    alive = peak = 0
    for step in sorted(change):
        alive += change[step]
        peak = max(peak, alive)
    return peak


def _split(graph: Graph, operator: Operator) -> Graph | None:
    parts = parts_of(graph, operator)
    if parts.join or not _in_place(parts) or graph.tensors[graph.storage(parts.whole)].constant:
        return None
    tensors = list(graph.tensors)
    for part in parts.parts:
        tensors[part.tensor] = _piece(tensors[part.tensor], parts.whole, part)
    return _with(graph, tensors, operator, None)


def _concatenation(graph: Graph, operator: Operator) -> Graph | None:
    parts = parts_of(graph, operator)
    if not parts.join or not _in_place(parts):
        return None
    tensors = list(graph.tensors)
    left: list[Part] = []
    for part in parts.parts:
        root, offset = graph.place(part.tensor)
        movable = root == part.tensor or graph.tensors[root].size == graph.tensors[part.tensor].size
        taken = tensors[root].alias_of is not None  # by another part of this one
        if movable and not taken and not offset and not tensors[root].constant:
            tensors[root] = _piece(tensors[root], parts.whole, part)
        else:
            left.append(part)
    if len(left) == len(parts.parts):
        return None
    pieces = []
    for part in left:
        pieces.append(len(tensors))
        copied = replace(tensors[part.tensor], data=None)
        tensors.append(_piece(copied, parts.whole, part))
    rest = Operator(
        operator.index,
        OperatorCode.COPY,
        tuple(part.tensor for part in left),
        tuple(pieces),
        NoOptions(),
    )
    return _with(graph, tensors, operator, rest if left else None)


def _in_place(parts: Parts) -> bool:
    return all(part.contiguous and part.offset % ALIGNMENT == 0 for part in parts.parts)


def _piece(tensor: Tensor, whole: int, part: Part) -> Tensor:
    return replace(tensor, alias_of=whole, alias_offset=part.offset)


def _with(graph: Graph, tensors: list[Tensor], old: Operator, new: Operator | None) -> Graph:
    """Return `graph` with other tensors and `old` replaced, or removed."""
    operators = []
    for operator in graph.operators:
        if operator is not old:
            operators.append(operator)
        elif new is not None:
            operators.append(new)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))
