"""RESIZE_NEAREST_NEIGHBOR: rows and columns taken more than once, or left out."""

import numpy as np

from ..flatbuffer import Table
from ..graph import ElementType, Graph, Operator
from ..options import ResizeOptions
from . import conditions
from .call import ArrayArgument, Call, CType, TensorArgument, kernel
from .definition import OperatorDefinition, no_macs, one_call


def read_options(table: Table) -> ResizeOptions:
    """Read the schema's ResizeNearestNeighborOptions."""
    return ResizeOptions(bool(table.integer(0, "?")), bool(table.integer(1, "?")))


def same_type(graph: Graph, operator: Operator) -> bool:
    """Input and output must both be int8, both int16 or both float32."""
    kinds = {graph.input(operator, 0).type, graph.output(operator).type}
    return kinds in ({ElementType.INT8}, {ElementType.INT16}, {ElementType.FLOAT32})


def size_is_output(graph: Graph, operator: Operator) -> bool:
    """The size must be constant int32 and the output's height and width, its batch and depth the
    input's.
    """
    source, result = graph.input(operator, 0).shape, graph.output(operator).shape
    size = conditions.constant_int32(graph.input(operator, 1))
    return size == result[1:3] and (source[0], source[3]) == (result[0], result[3])


def places_fit(graph: Graph, operator: Operator) -> bool:
    """The input must have at most 32768 rows and columns."""
    return max(graph.input(operator, 0).shape[1:3]) <= 1 << 15


def call(graph: Graph, operator: Operator) -> Call:
    """Return the kernel's call."""
    source, result = graph.input(operator, 0), graph.output(operator)
    _, height, width, depth = source.shape
    pixel = depth * source.type.size
    options = operator.options
    if not isinstance(options, ResizeOptions):
        raise TypeError(f"{operator} resizes nothing")
    return kernel(
        "pick",
        {
            "batches": result.shape[0],
            "batch_step": height * width * pixel,
            "height": result.shape[1],
            "row_step": width * pixel,
            "width": result.shape[2],
            "column_step": pixel,
            "bytes": pixel,
        },
        TensorArgument("input", operator.inputs[0]),
        ArrayArgument.of("rows", nearest(height, result.shape[1], options), CType.INT16),
        ArrayArgument.of("columns", nearest(width, result.shape[2], options), CType.INT16),
        TensorArgument("output", operator.outputs[0]),
    )


def nearest(extent: int, places: int, options: ResizeOptions) -> list[int]:
    """Return which of `extent` places each of `places` takes; GetNearestNeighbor, in float32."""
    corners = options.align_corners and places > 1
    scale = np.float32(extent - corners) / np.float32(places - corners)
    at = np.arange(places, dtype=np.float32)
    if options.half_pixel_centers:
        at = at + np.float32(0.5)
    exact = at * scale
    chosen = np.floor(exact + np.float64(0.5)) if options.align_corners else np.floor(exact)
    taken: list[int] = np.clip(chosen, 0, extent - 1).astype(int).tolist()
    return taken


DEFINITION = OperatorDefinition(
    options_type=74,
    read_options=read_options,
    inputs=range(2, 3),
    rules=(conditions.four_dimensions,),
    limits=(same_type, size_is_output, places_fit),
    macs=no_macs,
    lower=one_call(call),
)
