"""STRIDED_SLICE: every so many places of each dimension, also backwards."""

from typing import NamedTuple

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import StridedSliceOptions
from . import conditions, strided
from .call import Call, TensorArgument
from .definition import OperatorDefinition, no_macs, one_call


class _Walk(NamedTuple):
    """Places of one dimension: the first, how many, and how far apart; if it is left out."""

    first: int
    extent: int
    stride: int
    dropped: bool


def read_options(table: Table) -> StridedSliceOptions:
    """Read the schema's StridedSliceOptions."""
    masks = [table.integer(slot, "i") for slot in range(5)]
    return StridedSliceOptions(
        begin_mask=masks[0],
        end_mask=masks[1],
        shrink_axis_mask=masks[4],
        others=bool(masks[2] or masks[3] or table.integer(5, "?")),
    )


def plain_masks(graph: Graph, operator: Operator) -> bool:
    """Neither an ellipsis nor new axes nor ends that count from the begin are served."""
    return not _options(operator).others


def constant_walk(graph: Graph, operator: Operator) -> bool:
    """Begin, end and strides must be constant int32 vectors with one element per dimension of the
    input, no stride 0.
    """
    rank = len(graph.input(operator, 0).shape)
    given = [conditions.constant_int32(graph.input(operator, n)) for n in (1, 2, 3)]
    return all(one is not None and len(one) == rank for one in given) and 0 not in (given[2] or ())


def few_dimensions(graph: Graph, operator: Operator) -> bool:
    """The input must have at most four dimensions."""
    return len(graph.input(operator, 0).shape) <= 4


def walks_to_output(graph: Graph, operator: Operator) -> bool:
    """The output's shape must be what begin, end and strides give."""
    walks = _walks(graph, operator)
    shape = tuple(walk.extent for walk in walks if not walk.dropped)
    inside = zip(walks, graph.input(operator, 0).shape, strict=True)
    return shape == graph.output(operator).shape and all(
        0 <= walk.first < whole for walk, whole in inside
    )


def call(graph: Graph, operator: Operator) -> Call:
    """Return the walk as loops."""
    source = graph.input(operator, 0)
    walks, steps = _walks(graph, operator), strided.row_major(source.shape)
    first = sum(walk.first * step for walk, step in zip(walks, steps, strict=True))
    return strided.call(
        strided.reading(
            [walk.extent for walk in walks],
            [walk.stride * step for walk, step in zip(walks, steps, strict=True)],
        ),
        source.type.size,
        TensorArgument("input", operator.inputs[0], offset=first * source.type.size),
        TensorArgument("output", operator.outputs[0]),
    )


def _walks(graph: Graph, operator: Operator) -> list[_Walk]:
    """Return the walk of each dimension, as StartForAxis and StopForAxis of TensorFlow Lite."""
    options, shape = _options(operator), graph.input(operator, 0).shape
    given = (conditions.constant_int32(graph.input(operator, n)) or () for n in (1, 2, 3))
    walks = []
    for axis, (size, begin, end, stride) in enumerate(zip(shape, *given, strict=True)):
        low, high = (0, size) if stride > 0 else (-1, size - 1)
        first = begin + size if begin < 0 else begin
        last = end + size if end < 0 else end
        if options.begin_mask >> axis & 1:
            first = low if stride > 0 else high
        if options.end_mask >> axis & 1:
            last = high if stride > 0 else low
        first, last = (min(max(place, low), high) for place in (first, last))
        dropped = bool(options.shrink_axis_mask >> axis & 1)
        count = 1 if dropped else max(0, -((first - last) // stride))
        walks.append(_Walk(first, count, stride, dropped))
    return walks


def _options(operator: Operator) -> StridedSliceOptions:
    if not isinstance(operator.options, StridedSliceOptions):
        raise TypeError(f"{operator} is no strided slice")
    return operator.options


DEFINITION = OperatorDefinition(
    options_type=32,
    read_options=read_options,
    inputs=range(4, 5),
    rules=(),
    limits=(
        conditions.same_movable_type,
        plain_masks,
        few_dimensions,
        constant_walk,
        walks_to_output,
    ),
    macs=no_macs,
    lower=one_call(call),
)
