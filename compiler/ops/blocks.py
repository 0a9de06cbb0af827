"""What DEPTH_TO_SPACE and SPACE_TO_DEPTH share: squares of pixels that become depth, and back."""

from ..flatbuffer import Table
from ..graph import Graph, Operator
from ..options import BlockOptions
from . import conditions, strided
from .call import Call, TensorArgument
from .definition import OperatorDefinition, no_macs, one_call

Shape = tuple[int, ...]


def read_options(table: Table) -> BlockOptions:
    """Read the schema's DepthToSpaceOptions or SpaceToDepthOptions."""
    return BlockOptions(table.integer(0, "i"))


def block(operator: Operator) -> int:
    """Return the side of a square."""
    if not isinstance(operator.options, BlockOptions):
        raise TypeError(f"{operator} has no block size")
    return operator.options.size


def spreads_depth(graph: Graph, operator: Operator) -> bool:
    """The output must be the input with each pixel spread over a square of the block size."""
    return _is_spread(graph.input(operator, 0).shape, graph.output(operator).shape, block(operator))


def gathers_depth(graph: Graph, operator: Operator) -> bool:
    """The output must be the input with each square of the block size in the depth of one pixel."""
    return _is_spread(graph.output(operator).shape, graph.input(operator, 0).shape, block(operator))


def _is_spread(deep: Shape, wide: Shape, size: int) -> bool:
    batch, height, width, depth = wide
    return size >= 1 and deep == (
        batch, height // size, width // size, depth * size * size
    ) and height % size == width % size == 0  # fmt: skip


def _loops(deep: Shape, wide: Shape, size: int) -> list[tuple[int, int, int]]:
    """Return extent, and step in the deep and in the wide tensor, of batch, row, column, row in the
    square, column in it, and depth.
    """
    batch, height, width, depth = deep
    channels = wide[3]
    row = wide[2] * channels
    return [
        (batch, height * width * depth, wide[1] * row),
        (height, width * depth, size * row),
        (width, depth, size * channels),
        (size, size * channels, row),
        (size, channels, channels),
        (channels, 1, 1),
    ]


def call_depth_to_space(graph: Graph, operator: Operator) -> Call:
    """Return the call for DEPTH_TO_SPACE."""
    deep, wide = graph.input(operator, 0).shape, graph.output(operator).shape
    loops = [strided.Loop(*loop) for loop in _loops(deep, wide, block(operator))]
    return _call(graph, operator, loops)


def call_space_to_depth(graph: Graph, operator: Operator) -> Call:
    """Return the call for SPACE_TO_DEPTH."""
    deep, wide = graph.output(operator).shape, graph.input(operator, 0).shape
    loops = [strided.Loop(n, w, d) for n, d, w in _loops(deep, wide, block(operator))]
    return _call(graph, operator, loops)


def _call(graph: Graph, operator: Operator, loops: list[strided.Loop]) -> Call:
    return strided.call(
        loops,
        graph.output(operator).type.size,
        TensorArgument("input", operator.inputs[0]),
        TensorArgument("output", operator.outputs[0]),
    )


DEPTH_TO_SPACE = OperatorDefinition(
    options_type=94,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.four_dimensions, spreads_depth),
    limits=(conditions.same_int8_or_float,),
    macs=no_macs,
    lower=one_call(call_depth_to_space),
)

SPACE_TO_DEPTH = OperatorDefinition(
    options_type=19,
    read_options=read_options,
    inputs=range(1, 2),
    rules=(conditions.four_dimensions, gathers_depth),
    limits=(conditions.same_int8_or_float,),
    macs=no_macs,
    lower=one_call(call_space_to_depth),
)
